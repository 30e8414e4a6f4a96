import assert from "node:assert/strict";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { connect, floats, pictureModel, writeModel } from "./model_server_client.ts";
import { withModelServer } from "./support/with_model_server.ts";

const kserve = await loadKserve();
const root = new URL("../", import.meta.url);
const request = {
  model_name: "model",
  inputs: [{ name: "image", datatype: "FP32", shape: [1, 3, 4, 6] }],
  raw_input_contents: [floats(...new Array<number>(72).fill(1))],
};

Deno.test("model_server answers again after kill -9 and a restart on the same ports", async () => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({ modelPath: model.path });
  using client = connect(server.grpcPort, kserve);
  await client.call("ModelInfer", request);
  await server.kill();
  await assert.rejects(client.call("ModelInfer", request));
  await assert.rejects(fetch(`http://127.0.0.1:${server.restPort}/v2/health/live`));
  await server.restart();
  const deadline = Date.now() + 10_000;
  while (!await client.call("ModelInfer", request).then(() => true, () => false)) {
    assert.ok(Date.now() < deadline, "no answer within 10 s of the restart");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const response = await fetch(`http://127.0.0.1:${server.restPort}/v2/health/live`);
  await response.body?.cancel();
  assert.equal(response.status, 200);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`model_server ends within 2 s of ${signal}, a request under way or not`, async () => {
    await using model = await writeModel(pictureModel);
    const flags = ["--slow", "1,60000"];
    await using server = await withModelServer({ modelPath: model.path, flags });
    using client = connect(server.grpcPort, kserve);
    const overGrpc = client.call("ModelInfer", request).catch((error) => error);
    const overRest = fetch(`http://127.0.0.1:${server.restPort}/v2/models/model/infer`, {
      method: "POST",
      body: JSON.stringify({
        inputs: [{ ...request.inputs[0], data: new Array<number>(72).fill(1) }],
      }),
    }).catch((error) => error);
    // Both have arrived when a later call is answered.
    await client.call("ServerLive", {});
    const began = performance.now();
    assert.equal(await server.terminate(signal), 0);
    const took = performance.now() - began;
    assert.ok(took < 2000, `it took ${took} ms`);
    assert.ok(await overGrpc instanceof Error);
    assert.ok(await overRest instanceof Error);
  });
}

Deno.test("model_server --slow 2,1500 delays every second request and only that", async () => {
  await using model = await writeModel(pictureModel);
  const flags = ["--slow", "2,1500"];
  await using server = await withModelServer({ modelPath: model.path, flags });
  using client = connect(server.grpcPort, kserve);
  const took: boolean[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    await client.call("ModelInfer", request);
    took.push(performance.now() - began >= 1500);
  }
  assert.deepEqual(took, [false, true, false]);
});

Deno.test("model_server refuses a port that is taken, and files that are no model", async (test) => {
  await using model = await writeModel(pictureModel);
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const text = await Deno.makeTempFile();
  const served = ["--model_path", model.path, "--model_name", "m"];
  // deno-fmt-ignore
  const rows: [flags: string[], code: number, stderr: RegExp][] = [
    [[...served, "--port", port], 1, new RegExp(`^Cannot serve gRPC on 127.0.0.1:${port}: the port is taken, --port names another\n$`)],
    [[...served, "--port", "0", "--rest_port", port], 1, new RegExp(`^Cannot serve REST on 127.0.0.1:${port}: the port is taken, --rest_port names another\n$`)],
    [["--model_path", "/nonexistent.onnx", "--model_name", "m"], 1, /^Cannot read model \/nonexistent.onnx: no such file\n$/],
    [["--model_path", text, "--model_name", "m"], 1, /^Cannot load model \S+: [^\n]+\n$/],
    [["--model_path", "/", "--model_name", "m"], 1, /^Cannot read model \/: [^\n]+\n$/],
    [[...served, "--port", "0", "--layout", "NC"], 1, /^Cannot apply layout NC to image: it has 4 dimensions\n$/],
    [["--port", "x"], 2, /^--port x: must be a whole number from 0 to 65535\n--model_path: missing[^\n]+\n--model_name: missing[^\n]+\n$/],
  ];
  for (const [flags, code, expected] of rows) {
    await test.step(flags.slice(-2).join(" ").replace(port, "PORT"), async () => {
      const args = ["run", "-A", "main.ts", "model_server", ...flags];
      const output = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
      assert.match(new TextDecoder().decode(output.stderr), expected);
      assert.equal(output.code, code);
    });
  }
  await Deno.remove(text);
});
