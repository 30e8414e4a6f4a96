/** How files that are written end. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { recording } from "../src/output/recording.ts";
import { Taker } from "../src/output/taker.ts";
import { ProcessGuard } from "../src/process_guard.ts";
import { complete } from "../src/settings/setting.ts";
import { numberedClip } from "./support/clips.ts";
import { packetSums } from "./support/decoded.ts";
import { collectLog } from "./support/log_lines.ts";
import { ringOf } from "./support/ring_of.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

const clipOf = (keyEvery = 25) =>
  numberedClip({ width: 320, height: 180, fps: 25, frames: 75, keyEvery });

Deno.test("a file whose camera goes on otherwise before its ffmpeg is there has what came before", async () => {
  const { groups: [group] } = await ringOf((await clipOf()).file, "h264");
  const { parameters, packets } = group!;
  await withFiles({}, async (folder) => {
    await using guard = new ProcessGuard();
    using log = collectLog("output");
    const path = join(folder, "out.mp4");
    const config = { kind: "file" as const, ...complete(recording.settings, { path }) };
    const context = {
      camera: "door",
      guard,
      isPaced: false,
      logger: log.logger,
      memoryMb: undefined,
    };
    {
      await using taker = new Taker(config, context);
      taker.describe(parameters);
      for (const packet of packets) taker.write(packet);
      taker.describe({ ...parameters, video: { ...parameters.video, width: 640 } });
    }
    assert.equal((await packetSums(path)).length, packets.length, log.lines.join("\n"));
  });
});

Deno.test("files that go on in others have their ends where ffmpeg is slow to begin", async () => {
  const clip = await clipOf();
  // As on a machine that is far too busy.
  await withFiles({ "bin/ffmpeg": await ffmpegAfter("sleep 2") }, async (folder) => {
    await Deno.chmod(join(folder, "bin/ffmpeg"), 0o755);
    const path = join(folder, "%N.mp4");
    const door = { stream_url: clip.file, no_model: true, output: { file: { path, rotate_s: 1 } } };
    const config = join(folder, "sightline.yaml");
    await Deno.writeTextFile(config, JSON.stringify({ streams: { door } }));
    const env = { PATH: `${join(folder, "bin")}:${Deno.env.get("PATH")}` };
    const { code, stderr } = await sightlineResult(["--config", config], { env });
    assert.equal(code, 0, stderr);
    for (const name of ["door.mp4", "door-2.mp4", "door-3.mp4"]) {
      assert.equal((await packetSums(join(folder, name))).length, 25, `${name}: ${stderr}`);
    }
  });
});

Deno.test("a disk that is full when a file is ended is told of", async () => {
  // One group: nothing is written before the end.
  const clip = await clipOf(75);
  // A file may have so many half kilobytes, and what is written beyond fails as on a full disk.
  const small = await ffmpegAfter("trap '' XFSZ; ulimit -f 4");
  await withFiles({ "bin/ffmpeg": small }, async (folder) => {
    await Deno.chmod(join(folder, "bin/ffmpeg"), 0o755);
    const output = `file:${join(folder, "out.mp4")}`;
    const env = { PATH: `${join(folder, "bin")}:${Deno.env.get("PATH")}` };
    const args = ["--stream_url", clip.file, "--no_model", "--output", output];
    const { stderr } = await sightlineResult(args, { env });
    assert.match(stderr, /out\.mp4 is away: .*File too large/);
  });
});

/** A program that does something before it is the ffmpeg of this machine, where that writes a file. */
async function ffmpegAfter(first: string): Promise<string> {
  const { stdout } = await new Deno.Command("which", { args: ["ffmpeg"] }).output();
  const ffmpeg = new TextDecoder().decode(stdout).trim();
  return `#!/bin/sh\ncase "$*" in *.mp4) ${first};; esac\nexec ${ffmpeg} "$@"\n`;
}
