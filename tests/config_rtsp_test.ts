/** A configuration file with a real camera that wants a password, and two use cases on it. */

import assert from "node:assert/strict";
import { numberedClip } from "./support/clips.ts";
import { sightlineResult } from "./support/run_sightline.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { withFiles } from "./support/with_files.ts";

Deno.test(
  `a camera's password comes from its file, and two use cases share the camera${rtspReason}`,
  {
    ignore: rtspServerMissing,
  },
  async () => {
    const clip = await numberedClip({ width: 320, height: 180, fps: 25, frames: 250 });
    const password = "p@ss:/?#%41 ü";
    await using camera = await startRtspServer({ clips: { live: clip }, user: "viewer", password });
    const plugin = new URL("../plugins/motion.ts", import.meta.url).pathname;
    const yaml = `
limit_frames: 20
sinks: {records: "jsonl:\${NAME}.jsonl"}
defaults: {no_model: true, sink: records, password_file: secrets/camera}
use_cases: {motion: {use_case: ${plugin}}}
streams:
  door:
    stream_url: ${camera.url("live").replace("//", "//viewer@")}
    use_cases: [motion, {name: again, use_case: motion}]
`;
    await withFiles({ "s.yaml": yaml, "secrets/camera": `${password}\n` }, async (directory) => {
      const args = ["run", "-c", `${directory}/s.yaml`, "--log_level", "DEBUG"];
      const { code, stderr } = await sightlineResult(args, { env: { NAME: "all" } });
      assert.equal(code, 0, stderr);
      const text = await Deno.readTextFile(`${directory}/all.jsonl`);
      const streams = text.trim().split("\n").map((line) => JSON.parse(line).stream);
      assert.deepEqual([...new Set(streams)].sort(), ["door.again", "door.motion"]);
      for (const secret of [password, encodeURIComponent(password), "p@ss"]) {
        assert(!stderr.includes(secret), stderr);
      }
    });
  },
);
