/** Two hundred cameras that refuse, in one process. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { listTree, treeMemory } from "../bench/process_tree.ts";
import { freePort } from "./support/free_port.ts";
import { poll } from "./support/poll.ts";
import { procMissing, procReason } from "./support/processes.ts";
import { runSightline } from "./support/run_sightline.ts";
import { withFiles } from "./support/with_files.ts";

const cameras = 200;
/** Of those that ended a moment ago some may still be there. */
const mostAtOnce = 4 * navigator.hardwareConcurrency + 8;

Deno.test({
  name:
    `200 cameras that refuse: few ffmpegs at once, little memory, and the end in time${procReason}`,
  ignore: procMissing,
  fn: () =>
    withFiles({}, async (directory) => {
      const port = freePort();
      const config = join(directory, "s.yaml");
      const streams = Object.fromEntries(
        Array.from({ length: cameras }, (_, index) => [
          `cam${index}`,
          { stream_url: `rtsp://127.0.0.1:${port}/${index}` },
        ]),
      );
      const defaults = {
        no_model: true,
        use_case: new URL("../plugins/motion.ts", import.meta.url).pathname,
      };
      await Deno.writeTextFile(config, JSON.stringify({ defaults, streams }));
      let said = "";
      await using sightline = runSightline(["--config", config], {
        onStderr: async (stderr) => {
          for await (const text of stderr.pipeThrough(new TextDecoderStream())) said += text;
        },
      });
      let most = 0;
      await poll("a good many were tried", async () => {
        const tree = await listTree(sightline.pid);
        most = Math.max(most, tree.filter(({ command }) => command === "ffmpeg").length);
        return said.split("connection refused").length > 60;
      }, 60_000);
      assert(most <= mostAtOnce, `${most} ffmpegs at once`);
      const { pssBytes } = await treeMemory(sightline.pid);
      assert(pssBytes < 1e9, `${Math.round(pssBytes / 1e6)} MB`);
      const stoppedAtMs = performance.now();
      sightline.signal("SIGTERM");
      assert.equal(await sightline.exited, 0);
      const tookMs = performance.now() - stoppedAtMs;
      assert(tookMs < 2000, `${Math.round(tookMs)} ms`);
      assert.doesNotMatch(said, /Not everything stopped in time/);
    }),
});

Deno.test("a camera that refuses again is not asked by an ffmpeg", () =>
  withFiles({}, async (directory) => {
    const port = freePort();
    await using sightline = runSightline([
      ...["--stream_url", `rtsp://127.0.0.1:${port}/live`, "--no_model", "--log_level", "DEBUG"],
      ...["--use_case", new URL("../plugins/motion.ts", import.meta.url).pathname],
      ...["--sink", `jsonl:${join(directory, "r.jsonl")}`, "--reconnect_limit", "3"],
    ]);
    const { code, stderr } = await sightline.result;
    assert.equal(code, 1, stderr);
    // ffmpeg's own words stand in the log at that level.
    assert.equal(stderr.match(/Connection to tcp:.* failed/g)?.length, 1, stderr);
    assert.equal(stderr.match(/connection refused; check/g)?.length, 3, stderr);
  }));
