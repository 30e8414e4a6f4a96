import assert from "node:assert/strict";
import { withFiles } from "../../../tests/support/with_files.ts";
import { loadConfig, type LoadedConfig } from "./load_config.ts";

const library = `
models:
  types: {model_path: models/types.onnx, inference_timeout_ms: 70, inference_executors: 2}
use_cases:
  tell: {use_case: plugins/tell.ts, plugin_timeout_ms: 80, use_case_options: {key: "\${KEY}"}}
`;
const files = { "models/types.onnx": "", "plugins/tell.ts": "", "plugins/own.ts": "" };

async function load(stream: string, use: (loaded: LoadedConfig) => void): Promise<void> {
  const yaml =
    `${library}streams:\n  a: {stream_url: rtsp://c/x, no_model: true, secondary: ${stream}}`;
  await withFiles({ "s.yaml": yaml, ...files }, async (directory) => {
    const loaded = await loadConfig(`${directory}/s.yaml`, {}, () => "hidden");
    use(JSON.parse(JSON.stringify(loaded).replaceAll(directory, "DIR")));
  });
}

Deno.test("secondary takes models and use cases by name, and may change what they say", async () => {
  await load("{model: types, use_case: tell, plugin_timeout_ms: 90}", (loaded) => {
    assert.deepEqual([loaded.lines, loaded.notices], [[], []]);
    const { inference, useCase } = loaded.config!.streams[0]!.secondary!;
    assert.deepEqual(inference, { kind: "onnx", path: "DIR/models/types.onnx", timeoutMs: 70 });
    assert.deepEqual(
      [useCase.module, useCase.timeoutMs, useCase.options],
      ["DIR/plugins/tell.ts", 90, { key: "hidden" }],
    );
    assert.ok(!JSON.stringify(loaded.shown).includes("hidden"));
  });
});

Deno.test("secondary takes a plugin by its path beside a model by its name", async () => {
  await load("{model: types, use_case: plugins/own.ts}", ({ config, notices }) => {
    assert.equal(config!.streams[0]!.secondary!.useCase.module, "DIR/plugins/own.ts");
    assert.deepEqual(notices, ["use_cases.tell is used by no stream"]);
  });
});

const at = "7:58: streams.a.secondary";
const wrong: [secondary: string, lines: string[]][] = [
  ["{model: type, use_case: tel}", [
    `${at}.model type: unknown model, did you mean types?`,
    `${at}.use_case tel: unknown use case, did you mean tell?`,
  ]],
  ["{model: types, model_path: plugins/own.ts, ovms_url: h:1, model_name: m, use_case: tell}", [
    `${at}.model_path: conflicts with ovms_url, give one of ovms_url, model_path, no_model`,
  ]],
  ["{model_path: none.onnx, use_case: none.ts, tls_ca: ca.pem}", [
    `${at}.tls_ca DIR/ca.pem: has no effect without TLS, needs ovms_url grpcs:// or https://`,
    `${at}.model_path DIR/none.onnx: does not exist`,
    `${at}.use_case DIR/none.ts: does not exist`,
    `${at}.tls_ca DIR/ca.pem: does not exist`,
  ]],
];

for (const [secondary, lines] of wrong) {
  Deno.test(`loadConfig() refuses secondary: ${secondary}`, async () => {
    await load(secondary, (loaded) => {
      assert.equal(loaded.config, null);
      const seen = loaded.lines.map((line) => line.replace("DIR/s.yaml:", ""));
      assert.deepEqual(seen.toSorted(), lines.toSorted());
    });
  });
}
