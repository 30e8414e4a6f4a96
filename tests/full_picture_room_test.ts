/** Full-size pictures where there is little room for them, as in a container. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { numberedClip } from "./support/clips.ts";
import { runProgram } from "./support/run_program.ts";
import { withFiles } from "./support/with_files.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";

const root = new URL("../", import.meta.url);

/** Room for 13 pictures of 640×480, which a second's worth at once does not fill, in a file system that only the program sees. */
const small = 'mount -t tmpfs -o size=6m none /dev/shm && exec "$@"';

const mayMount = await runProgram("unshare", ["-m", "sh", "-c", small, "sh", "true"], root)
  .then(({ code }) => code === 0, () => false);
const ignore = rtspServerMissing || !mayMount;
const reason = rtspReason || (mayMount ? "" : " (we may not mount a file system here)");

const detector = `export default () => ({
  input: { width: 64, height: 48 },
  preprocess() { return {}; },
  postprocess() {
    const box = { x: 0.4, y: 0.3, width: 0.1, height: 0.4 };
    return { detections: [{ label: "person", labelId: 0, confidence: 0.9, box }] };
  },
});`;
const slow = `export default () => ({
  input: { width: 64, height: 48 },
  async preprocess() { await new Promise((resolve) => setTimeout(resolve, 2500)); return {}; },
  postprocess() { return { data: 1 }; },
});`;

Deno.test({
  name: `a slow second model in a small /dev/shm costs crops, not the camera${reason}`,
  ignore,
}, () =>
  withFiles({ "detector.js": detector, "slow.js": slow }, async (folder) => {
    const clip = await numberedClip({ width: 640, height: 480, fps: 10, frames: 40 });
    await using server = await startRtspServer({ clips: { a: clip } });
    const patience = { plugin_timeout_ms: 10_000 };
    const secondary = { no_model: true, ...patience, use_case: `${folder}/slow.js` };
    const { code, stdout, stderr } = await runProgram("unshare", [
      ...["-m", "sh", "-c", small, "sh"],
      ...[Deno.execPath(), "run", "-A", "--no-check", fileURLToPath(new URL("main.ts", root))],
      ...["--stream_url", server.url("a"), "--no_model", "--use_case", `${folder}/detector.js`],
      ...["--secondary", JSON.stringify(secondary), "--sink", "stdout", "--limit_frames", "60"],
      // So that as many as 25 pictures are wanted at once.
      ...["--max_frame_age_ms", "6000", "--inference_executors", "32"],
    ], root);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /Cannot go on reading/);
    const records = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(records.length, 60);
    assert.ok(records.some(({ detections }) => "secondary" in detections[0]), stdout);
  }));
