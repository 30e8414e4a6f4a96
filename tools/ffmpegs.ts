/** The versions of ffmpeg, besides the machine's own, with which the camera tests run. */

import { join } from "node:path";

/** A version, as far as it is here. */
export interface OtherFfmpeg {
  readonly version: string;
  /** Folder of the program, for `PATH`; null where tools/setup_tests.sh could not bring it. */
  readonly folder: string | null;
}

/**
 * Test files that are run again: source, stream, live view and recordings over real ffmpeg, and the demo. They
 * run side by side, so none may look at what all programs of the machine leave in common folders.
 */
export const ffmpegTests = [
  ...[
    "source_file",
    "source_decode",
    "source_rtsp",
    "source_tls",
    "source_http",
    "source_snapshot",
    "source_clock",
    "source_hls",
    "source_memory",
    "source_words",
    "source_push",
  ],
  ...["shared_decode", "picture_shape", "live_view", "output_duration", "output_ending", "demo"],
].map((name) => `tests/${name}_test.ts`);

const list = new URL("./ffmpegs.txt", import.meta.url);

/** Reads tools/ffmpegs.txt, and looks for each of them. */
export async function otherFfmpegs(): Promise<OtherFfmpeg[]> {
  const lines = (await Deno.readTextFile(list)).split("\n");
  const versions = lines.filter((line) => /^\d/.test(line)).map((line) => line.split(" ")[0]!);
  const { get } = Deno.env;
  const tools = get("SIGHTLINE_TEST_TOOLS") ??
    join(get("XDG_CACHE_HOME") ?? join(get("HOME") ?? ".", ".cache"), "sightline", "tools");
  return Promise.all(versions.map(async (version) => {
    const folder = join(tools, `ffmpeg@${version}`);
    const isThere = await Deno.stat(join(folder, "ffmpeg")).then(() => true, () => false);
    return { version, folder: isThere ? folder : null };
  }));
}
