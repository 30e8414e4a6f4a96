/** On a Raspberry Pi or a Jetson, by emulation: slow, and all there. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { arm64Missing, arm64Reason, openArm64 } from "./support/arm64.ts";
import { withFiles } from "./support/with_files.ts";
import { rtspReason, rtspServerMissing, startRtspServer } from "./support/with_rtsp_server.ts";
import { numberedClip } from "./support/clips.ts";
import { withModelServer } from "./support/with_model_server.ts";

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const model = file("demo/person_vehicle_bike.onnx");
const frames = 2;

/** A busy machine needs minutes; one that hangs must not hang the test. */
const patienceMs = 600_000;

Deno.test({
  name:
    `arm64: a file with an embedded model, a camera with a server outside, a plugin in each isolation, every frame accounted for${arm64Reason}${rtspReason}`,
  ignore: arm64Missing || rtspServerMissing,
  fn: async () => {
    await using server = await withModelServer({ modelPath: model });
    await using machine = await openArm64();
    const clip = await numberedClip({ width: 320, height: 160, frames: 60, fps: 5 });
    await using camera = await startRtspServer({ clips: { live: clip } });
    const yaml = `
defaults:
  use_case: person_vehicle_bike
  # Each instruction is translated first.
  plugin_timeout_ms: 200000
  inference_timeout_ms: 200000
  stall_timeout_ms: 200000
  max_frame_age_ms: 3000000
  sink: stdout
streams:
  file: { stream_url: "${clip.file}", model_path: "${model}" }
  camera:
    stream_url: ${camera.url("live")}
    fps: 1
    ovms_url: 127.0.0.1:${server.grpcPort}
    model_name: ${server.modelName}
    isolation: process
    # The emulator itself is part of the process.
    plugin_memory_mb: 2048
    # It writes what the program reads of /proc into a file, which is none's without this.
    allow_plugin: [write=out]
`;
    await withFiles({ "c.yaml": yaml }, async (directory) => {
      const { code, stdout, stderr: said } = await machine.run([
        ...["run", "-A", "--no-check", file("main.ts"), "--config", `${directory}/c.yaml`],
        ...["--limit_frames", String(frames), "--benchmark"],
      ], patienceMs);
      assert.equal(code, 0, said);
      // Of the kernel's walls the emulator takes these from a program, and knows no others.
      assert.match(said, /Around its process stand .*rlimits, .*no_new_privs/);
      const lines = stdout.trimEnd().split("\n")
        .map((line) => JSON.parse(line));
      const ledgers = lines.filter(({ frames }) => frames !== undefined);
      assert.deepEqual(ledgers.map(({ stream }) => stream).toSorted(), ["camera", "file"]);
      for (const { stream, frames: ledger } of ledgers) {
        const dropped: number[] = Object.values(ledger.dropped);
        const sum = dropped.reduce((total, count) => total + count, ledger.processed);
        assert.equal(sum + ledger.in_flight, ledger.received, `${stream}: ${said}`);
        const records = lines.filter((line) => line.stream === stream && "sequence" in line);
        assert.equal(records.length, ledger.processed);
        assert(ledger.processed > 0, `${stream}: ${said}`);
      }
    });
  },
});
