import assert from "node:assert/strict";
import { problemLine } from "../settings/problem_line.ts";
import { resolveConfig } from "./resolve_config.ts";
import { asSentence, needed, resolvedStream } from "../../tests/support/resolved.ts";

const urls: [given: string, expected: string][] = [
  ["localhost:9000", "grpc://localhost:9000"],
  ["10.0.0.1:9000", "grpc://10.0.0.1:9000"],
  ["[::1]:9000", "grpc://[::1]:9000"],
  ["grpc://ovms:9000/", "grpc://ovms:9000"],
  ["http://ovms:8000/", "http://ovms:8000"],
  ["https://gateway.example/ovms", "https://gateway.example/ovms"],
];

for (const [given, expected] of urls) {
  Deno.test(`resolveConfig() sees --ovms_url ${given} as ${expected}`, () => {
    const { inference } = resolvedStream({ ...needed, ovms_url: given });
    assert.equal(inference.kind === "server" && inference.url, expected);
  });
}

Deno.test("resolveConfig() runs an ONNX file, and says which settings then have no effect", () => {
  const { config, notices } = resolveConfig({
    process: { visualizer_host: "0.0.0.0" },
    streams: [{
      stream_url: "a.mp4",
      model_path: "m.onnx",
      model_name: "m",
      binary_input: true,
      inference_timeout_ms: 9,
    }],
  });
  assert.deepEqual(config?.streams[0]?.inference, { kind: "onnx", path: "m.onnx", timeoutMs: 9 });
  assert.equal(config?.streams[0]?.binaryInput, false);
  assert.deepEqual(notices.map(asSentence), [
    "--visualizer_host has no effect without --visualizer_port",
    "--model_name has no effect with --model_path",
    "--binary_input has no effect with --model_path",
  ]);
});

Deno.test("resolveConfig() does without a model, and says which settings then have no effect", () => {
  const { config, notices } = resolveConfig({
    process: {},
    streams: [{ stream_url: "a.mp4", no_model: true, model_version: 2, inference_timeout_ms: 9 }],
  });
  assert.deepEqual(config?.streams[0]?.inference, { kind: "none" });
  assert.deepEqual(notices.map(asSentence), [
    "--model_version has no effect with --no_model",
    "--inference_timeout_ms has no effect with --no_model",
  ]);
  const { problems } = resolveConfig({
    process: {},
    streams: [{ stream_url: "a.mp4", model_path: "m.onnx", no_model: false }],
  });
  assert.deepEqual(problems, []);
  const stream = { ...needed, api: "kserve_stream", max_in_flight: 3 };
  assert.deepEqual(resolveConfig({ process: {}, streams: [stream] }).notices.map(asSentence), [
    "--max_in_flight has no effect with --api kserve_stream, where each camera has its own",
  ]);
});

Deno.test("resolveConfig() takes what a graph is told as it begins, and refuses what it cannot be told", () => {
  const told = (side_packets: unknown) =>
    resolveConfig({ process: {}, streams: [{ ...needed, side_packets }] });
  const packets = { most: 5, label: "person", strict: true };
  const { config } = told(packets);
  const inference = config?.streams[0]?.inference;
  assert.deepEqual(inference?.kind === "server" && inference.sidePackets, packets);
  for (const wrong of [{ share: 0.5 }, { share: [1] }]) {
    const { message } = told(wrong).problems[0]!;
    assert.equal(message, "must be a text, a whole number, true or false (at share)");
  }
  for (const wrong of [[1], "five"]) assert.equal(told(wrong).config, null);
});

Deno.test("resolveConfig() reads a secondary model, and names each thing that is wrong in it", () => {
  const withSecondary = (secondary: unknown) =>
    resolveConfig({ process: {}, streams: [{ ...needed, secondary }] });
  const { config } = withSecondary({ model_path: "m.onnx", use_case: "plate.ts", max_crops: 2 });
  const { useCase, inference, ...secondary } = config!.streams[0]!.secondary!;
  assert.deepEqual([useCase.module, inference.kind], ["plate.ts", "onnx"]);
  assert.deepEqual(secondary, {
    sharing: { maxInFlight: null, batchMaxSize: 1, batchMaxWaitMs: 5 },
    labels: null,
    maxCrops: 2,
    minConfidence: 0,
    padding: 0.1,
    refreshMs: 1000,
  });
  const wrong = withSecondary({ max_crop: 2, padding: 9 });
  assert.deepEqual(wrong.problems.map(problemLine), [
    "--secondary: max_crop: unknown key, did you mean max_crops?",
    "--secondary: padding 9: must be a number from 0 to 2",
    "--secondary: ovms_url: missing, give one of ovms_url (the model server's HOST:PORT), " +
    "model_path (an ONNX file), no_model",
    "--secondary: use_case: missing, name a plugin",
  ]);
  assert.deepEqual(withSecondary([]).problems, [
    { setting: "secondary", message: "must be a block of settings", stream: 0 },
  ]);
});
