import assert from "node:assert/strict";
import { join } from "node:path";
import { EventStore } from "../src/events/event_store.ts";
import { numberedClip } from "./support/clips.ts";
import { withEchoModel } from "./support/echo_model.ts";
import { encodeOnnx } from "./support/onnx_model.ts";
import { poll } from "./support/poll.ts";
import { runSystem } from "./support/system_run.ts";
import { withFiles } from "./support/with_files.ts";
import { withModelServer } from "./support/with_model_server.ts";

/** It prepares nothing itself, and so cannot feed a model that takes no picture. */
const plugin = `export default () => ({ postprocess: () => ({ data: 1 }) });`;

Deno.test("a model that is exchanged for one that cannot be used is waited out, and the right one taken up", () =>
  withFiles({ "any.ts": plugin }, async (folder) => {
    await using model = await withEchoModel();
    const right = await Deno.readFile(model.path);
    await using server = await withModelServer({ modelPath: model.path });
    const { file } = await numberedClip({ width: 480, height: 320, fps: 25, frames: 1500 });
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "25", "--use_case", join(folder, "any.ts")],
      ...["--ovms_url", `grpc://127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
    ]);
    await run.more(5);

    await Deno.writeFile(model.path, noPicture());
    await server.restart();
    const refused = await run.until(
      "it is told why the model cannot be used",
      ({ state, detail }) =>
        state === "model_unavailable" && /Cannot feed model/.test(detail ?? ""),
    );
    assert.equal(refused.frames.in_flight, 0, Deno.inspect(refused));
    const ready = await fetch(`http://127.0.0.1:${run.port}/readyz`);
    assert.equal(ready.status, 503, await ready.text());

    await Deno.writeFile(model.path, right);
    await server.restart();
    await run.more(5);
    const { code, stderr } = await run.end();
    assert.equal(code, 0, stderr);
    const lines = stderr.split("\n").filter((line) => line.includes("- inference -"));
    assert.equal(lines.filter((line) => line.includes("Cannot feed model")).length, 1, stderr);
    assert.match(lines.at(-1)!, /The model answers again/);
  }));

Deno.test("another version of the model is told of, and costs nothing", () =>
  withFiles({ "any.ts": plugin }, async (folder) => {
    await using model = await withEchoModel();
    const flags: string[] = [];
    await using server = await withModelServer({ modelPath: model.path, flags });
    const { file } = await numberedClip({ width: 480, height: 320, fps: 25, frames: 1500 });
    const data = join(folder, "data");
    await using run = await runSystem([
      ...["--stream_url", file, "--fps", "25", "--use_case", join(folder, "any.ts")],
      ...["--ovms_url", `grpc://127.0.0.1:${server.grpcPort}`, "--model_name", "model"],
      ...["--data_dir", data],
    ]);
    await run.more(5);
    flags.push("--served_version", "2");
    await server.restart();
    const changed = () => {
      using store = new EventStore(join(data, "events.db"), { readOnly: true });
      return store.find({ type: "model_changed" }, 10).events;
    };
    await poll("the change", () => changed().length > 0);
    await run.more(5);
    await run.end();
    assert.deepEqual(changed().map(({ reason, data }) => [reason, data]), [
      ["version 2 in place of 1", { version: "2", version_before: "1" }],
    ]);
  }));

/** Of ten numbers. */
function noPicture(): Uint8Array {
  return encodeOnnx({
    inputs: { numbers: ["FP32", [1, 10]] },
    outputs: { same: ["FP32", [1, 10]] },
    nodes: [{ op: "Identity", inputs: ["numbers"], outputs: ["same"] }],
  });
}
