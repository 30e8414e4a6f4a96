/** Outputs to files that rotate, `file:PATTERN.mp4`. */

import { mkdir, open, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { tagOf } from "../media/ffmpeg_args.ts";
import { showClip } from "../media/show_clip.ts";
import { integer, parsed, required, SettingError, toggle } from "../settings/setting.ts";
import { commonRows, outputKind, parseLocal, rebaseLocal, soundFor } from "./output_kind.ts";

const hourS = 3600;
/** A path is no address, whatever it looks like. */
const asFile = "file:";

/** What is filled in. */
const place = /%[YmdHMSN%]/g;

const allowed = "the path of a .mp4 file, in which %Y %m %d %H %M %S stand for the time";

function parsePattern(text: string): string {
  if (!/\.mp4$/i.test(text)) throw new SettingError();
  const unknown = /%.?/s.exec(text.replaceAll(place, ""))?.[0];
  if (unknown !== undefined) throw new SettingError(`has ${unknown} in it, must be ${allowed}`);
  return parseLocal(text, allowed);
}

/** Seconds that a picture is shown that none came before or after. */
const stillS = 0.04;

/**
 * With B-frames pictures are decoded before 0, and the last packet is not the picture that is shown
 * last. A file that is whole at every moment has no place to say the former: they are decoded at 0, a
 * tick apart. And its last packet lasts until the last picture was shown as long as the one before.
 */
const fromFirstToLast = [
  "-bsf:v",
  "setts=pts=PTS:dts='max(DTS,N)':duration='st(0,max(ld(0),PTS))-max(DTS,N)+" +
  `if(eq(PREV_INDTS,NOPTS),${stillS}/TB,DTS-PREV_INDTS)'`,
];

/** Sound that is encoded begins before 0, and would move the first picture's end. */
const soundFromFirst = ["-bsf:a", "setts=pts='max(PTS,N)':dts='max(DTS,N)'"];

/** `file:PATTERN.mp4`. Each file is whole up to its last picture, whatever ends it. */
export const recording = outputKind({
  kind: "file",
  schemes: ["file"],
  settings: {
    path: required(parsed(allowed, parsePattern, {
      value: "PATTERN.mp4",
      rebase: rebaseLocal,
      help: "%Y %m %d %H %M %S become the time (UTC) of the first picture, %N the camera",
    })),
    ...commonRows,
    rotate_s: integer(1, 86_400, {
      value: "S",
      unset: "3600 where the path holds a time, else none",
      help: "a file holds so many seconds, and goes on to the next key frame",
    }),
    rotate_mb: integer(1, 1_000_000, {
      value: "MB",
      unset: "none",
      help: "and so many megabytes at most",
    }),
    vtt: toggle({
      help: "beside each file one that ends in .vtt: what was found, for players that draw it",
    }),
  },
  describe: ({ path }) => `file:${path}`,
  rotation: ({ path, rotateS, rotateMb }) => ({
    seconds: rotateS ?? (/%[YmdHMS]/.test(path.replaceAll("%%", "")) ? hourS : Infinity),
    bytes: (rotateMb ?? Infinity) * 1_000_000,
  }),
  async prepare({ path }, { camera, capturedAt, parameters }) {
    const wanted = resolve(fillPattern(path, camera, capturedAt));
    await mkdir(dirname(wanted), { recursive: true });
    const free = await reserve(wanted);
    return [
      ...soundFor(parameters, ["aac", "opus"]),
      ...tagOf(parameters),
      ...fromFirstToLast,
      ...(parameters.audio === null ? [] : soundFromFirst),
      // Fragments: what was written can be played without an end.
      ...["-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"],
      `${asFile}${free}`,
    ];
  },
  wantsBoxesBeside: ({ vtt }) => vtt,
  boxesBeside: (args) => pathOf(args).slice(0, -".mp4".length) + ".vtt",
  async ended(args, display) {
    const path = pathOf(args);
    const found = await stat(path).catch(() => null);
    // Nothing came, or there was no room.
    if (found?.size === 0) return await rm(path, { force: true });
    if (found !== null && display !== null) await showClip(path, display);
  },
  needs({ path }, needs) {
    const whole = resolve(path);
    // The folders above the first that holds the time.
    const fixed = whole.slice(0, whole.search(/%|$/));
    const folder = fixed.endsWith("/") ? fixed : dirname(fixed);
    needs.add("read", folder);
    needs.add("write", folder);
  },
});

function pathOf(args: readonly string[]): string {
  return args.at(-1)!.slice(asFile.length);
}

/** The path with the time and the camera's name filled in. */
export function fillPattern(pattern: string, camera: string, at: Date): string {
  const [year = "", month = "", day = "", hour = "", minute = "", second = ""] = at.toISOString()
    .split(/\D/);
  const parts: Readonly<Record<string, string>> = {
    "%Y": year,
    "%m": month,
    "%d": day,
    "%H": hour,
    "%M": minute,
    "%S": second,
    "%%": "%",
    "%N": camera,
  };
  return pattern.replaceAll(place, (part) => parts[part]!);
}

/** Makes the file, with a number in its name where there is one already: no recording is written over. */
async function reserve(path: string): Promise<string> {
  const ending = extname(path);
  const stem = join(dirname(path), basename(path, ending));
  for (let number = 1;; number++) {
    const candidate = number === 1 ? path : `${stem}-${number}${ending}`;
    try {
      await (await open(candidate, "wx")).close();
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
