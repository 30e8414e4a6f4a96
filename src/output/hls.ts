/** An output that browsers and players fetch as files, `hls:DIR`. */

import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { tagOf } from "../media/ffmpeg_args.ts";
import { integer, parsed, required, SettingError } from "../settings/setting.ts";
import {
  commonRows,
  fillCamera,
  inTransport,
  mustCarry,
  outputKind,
  parseLocal,
  rebaseLocal,
  soundFor,
} from "./output_kind.ts";

const ownSegment = /^segment-\d+\.ts$/;

const allowed = "the path of a folder";

function parseFolder(text: string): string {
  if (/\.m3u8$/i.test(text)) throw new SettingError(`names a playlist, must be ${allowed}`);
  return parseLocal(text, allowed);
}

const folderOf = ({ path }: { readonly path: string }, camera: string) =>
  resolve(fillCamera(path, camera));

/** ffmpeg replaces it in the whole path of a segment, and knows no way to say that it may not. */
const numberOfSegment = /(?:^|[^%])(?:%%)*(%\d*d)/;

/** `hls:DIR`: a playlist `index.m3u8`, and the newest segments. */
export const hls = outputKind({
  kind: "hls",
  schemes: ["hls"],
  settings: {
    path: required(parsed(allowed, parseFolder, {
      value: "DIR",
      rebase: rebaseLocal,
      help:
        "the folder, made when it is missing; its playlist is index.m3u8; %N becomes the camera's name",
    })),
    ...commonRows,
    segments: integer(2, 1000, {
      value: "N",
      default: 6,
      help: "so many segments are kept",
    }),
    segment_s: integer(1, 60, {
      value: "S",
      default: 2,
      help: "each of so many seconds at least, and goes on to the next key frame",
    }),
  },
  describe: ({ path }) => `hls:${path}`,
  place: folderOf,
  async prepare({ path, segments, segmentS }, { camera, parameters }) {
    mustCarry(parameters, "HLS", inTransport);
    const folder = folderOf({ path }, camera);
    const number = numberOfSegment.exec(folder)?.[1];
    if (number !== undefined) throw new Error(`a folder may not have ${number} in its path`);
    await mkdir(folder, { recursive: true });
    // ffmpeg removes its own only.
    for (const name of await readdir(folder)) {
      if (ownSegment.test(name)) await rm(join(folder, name), { force: true });
    }
    return [
      ...soundFor(parameters, ["aac"]),
      ...tagOf(parameters),
      ...["-f", "hls", "-hls_time", String(segmentS), "-hls_list_size", String(segments)],
      ...["-hls_flags", "delete_segments+independent_segments+temp_file"],
      // A number that no earlier run has used, or a player would take an old segment for a new one.
      ...["-hls_start_number_source", "epoch", "-hls_segment_type", "mpegts"],
      ...[
        "-hls_segment_filename",
        join(folder, "segment-%d.ts"),
        `file:${join(folder, "index.m3u8")}`,
      ],
    ];
  },
  needs({ path }, needs) {
    // The folder above the first that holds the camera's name.
    const [fixed = "", ...named] = resolve(path).split("%N");
    const folder = named.length === 0 ? fixed : dirname(`${fixed}.`);
    needs.add("read", folder);
    needs.add("write", folder);
  },
});
