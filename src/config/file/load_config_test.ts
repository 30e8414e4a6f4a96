import assert from "node:assert/strict";
import { withFiles } from "../../../tests/support/with_files.ts";
import { assetUrl } from "../../assets.ts";
import { resolveConfig } from "../resolve_config.ts";
import type { ResolvedConfig } from "../resolve_config.ts";
import { loadConfig, type Overrides } from "./load_config.ts";

/** The configuration of a file that must be right, with DIR for its directory. */
async function load(
  yaml: string,
  files: Record<string, string> = {},
  env: Record<string, string> = {},
  overrides: Overrides = {},
): Promise<ResolvedConfig> {
  let loaded: ResolvedConfig | null = null;
  await withFiles({ "sightline.yaml": yaml, ...files }, async (directory) => {
    const { config, lines } = await loadConfig(
      `${directory}/sightline.yaml`,
      overrides,
      (name) => env[name],
    );
    assert.deepEqual(lines, []);
    loaded = JSON.parse(JSON.stringify(config).replaceAll(directory, "DIR"));
  });
  return loaded!;
}

const cameraUrl = "rtsp://camera/live";
const modelMap = "{ovms_url: ovms:9000, model_name: m}";

Deno.test("loadConfig() sees one stream as the same flags are seen", async () => {
  const config = await load(`
visualizer_port: 5000
streams:
  door: {stream_url: ${cameraUrl}, fps: 5, no_model: true, sink: stdout}
`);
  const flags = { stream_url: cameraUrl, stream_name: "door", fps: 5, no_model: true };
  const same = resolveConfig({
    process: { visualizer_port: 5000 },
    streams: [{ ...flags, sink: ["stdout"] }],
  });
  assert.deepEqual(config, JSON.parse(JSON.stringify(same.config)));
});

Deno.test("loadConfig() takes numbers for the texts that stand there, where a text is wanted", async () => {
  const { streams } = await load(`
models: {01: {ovms_url: ovms:9000, model_name: 1.10}}
streams:
  1.10: {stream_url: ${cameraUrl}, model: 01, use_cases: [{name: 007, use_case: motion}]}
`);
  const inference = streams[0]!.inference;
  assert(inference.kind === "server");
  assert.deepEqual([streams[0]!.name, inference.modelName], ["1.10.007", "1.10"]);
});

Deno.test("loadConfig() takes names that every object has for what they are", async () => {
  for (const name of ["constructor", "toString", "hasOwnProperty"]) {
    const { streams: [stream] } = await load(
      `
models: {${name}: {ovms_url: ovms:9000, model_name: ${name}}}
use_cases: {${name}: {use_case: u.ts}}
sinks: {${name}: jsonl:r.jsonl}
streams: {${name}: {stream_url: ${cameraUrl}, model: ${name}, use_case: ${name}, sink: ${name}}}
`,
      { "u.ts": "" },
    );
    assert.deepEqual(
      [stream!.name, stream!.useCase.module, stream!.sinks],
      [name, "DIR/u.ts", [{ kind: "jsonl", path: "DIR/r.jsonl" }]],
    );
  }
});

Deno.test("loadConfig() takes a sink as a map, in a stream and by name", async () => {
  const { streams } = await load(`
sinks: {kept: {jsonl: {path: kept.jsonl}}}
streams:
  a: {stream_url: ${cameraUrl}, no_model: true, sink: [kept, {jsonl: {path: r.jsonl}}, stdout]}
  b: {stream_url: ${cameraUrl}, no_model: true, sink: {stdout: {}}}
`);
  assert.deepEqual(streams.map(({ sinks }) => sinks), [
    [
      { kind: "jsonl", path: "DIR/kept.jsonl" },
      { kind: "jsonl", path: "DIR/r.jsonl" },
      { kind: "stdout" },
    ],
    [{ kind: "stdout" }],
  ]);
});

Deno.test("loadConfig() calls a destination what the file calls it", async () => {
  const { streams } = await load(`
sinks:
  phone: {webhook: {url: "https://ntfy.sh/yard", format: ntfy}}
  board: https://example.com/board
  broker: {url: mqtt://broker, home_assistant: true}
  files: {jsonl_events: {path: e.jsonl, name: archive}}
streams:
  a:
    stream_url: ${cameraUrl}
    no_model: true
    sink: [phone, board, broker, files, "https://example.com/plain"]
`);
  assert.deepEqual(streams[0]!.destinations.map(({ kind, name }) => [kind, name]), [
    ["webhook", "phone"],
    ["webhook", "board"],
    ["mqtt", "broker"],
    ["jsonl_events", "archive"],
    ["webhook", "https://example.com/plain"],
  ]);
});

Deno.test("loadConfig() knows plugins that ship by their names, unless the file has one of that name", async () => {
  const { streams } = await load(
    `
defaults: {model_path: m.onnx}
use_cases: {yolo: {use_case: own.ts}, mine: {use_case: zone_presence}}
streams:
  a: {stream_url: ${cameraUrl}, use_case: motion, secondary: {use_case: classification, model_path: m.onnx}}
  b: {stream_url: ${cameraUrl}, use_case: yolo}
  c: {stream_url: ${cameraUrl}, use_case: mine}
`,
    { "own.ts": "", "m.onnx": "" },
  );
  const shipped = (name: string) => assetUrl(`plugins/${name}.ts`).href;
  assert.deepEqual(
    [...streams.map(({ useCase }) => useCase.module), streams[0]!.secondary!.useCase.module],
    [shipped("motion"), "DIR/own.ts", shipped("zone_presence"), shipped("classification")],
  );
});

Deno.test("loadConfig() takes each setting from where it stands nearest", async () => {
  const config = await load(
    `
defaults: {model: far, buffer_size: 7, inference_timeout_ms: 1, plugin_timeout_ms: 11, use_case: u}
models:
  far: {ovms_url: far:9000, model_name: f, inference_executors: 2}
  near: {ovms_url: near:9000, model_name: n, inference_timeout_ms: 2}
use_cases:
  u: {use_case: u.ts, plugin_timeout_ms: 12, use_case_options: {a: [1, b]}}
streams:
  plain: {stream_url: ${cameraUrl}}
  other: {stream_url: ${cameraUrl}, model: near, plugin_timeout_ms: 13}
  own: {stream_url: ${cameraUrl}, model_path: m.onnx, inference_timeout_ms: 3, buffer_size: 8}
  shipped: {stream_url: ${cameraUrl}, use_case: v.ts}
`,
    { "u.ts": "", "v.ts": "", "m.onnx": "" },
  );
  const seen = config.streams.map(({ inference, useCase, bufferSize, executors }) => [
    inference.kind === "server" ? inference.modelName : inference.kind,
    inference.kind === "none" ? null : inference.timeoutMs,
    executors,
    bufferSize,
    useCase.module,
    useCase.timeoutMs,
  ]);
  assert.deepEqual(seen, [
    ["f", 1, 2, 7, "DIR/u.ts", 12],
    ["n", 2, 4, 7, "DIR/u.ts", 13],
    ["onnx", 3, 4, 8, "DIR/u.ts", 12],
    ["f", 1, 2, 7, "DIR/v.ts", 11],
  ]);
  assert.deepEqual(config.streams[0]!.useCase.options, { a: [1, "b"] });
});

Deno.test("loadConfig() never mixes what says which model it is", async () => {
  const config = await load(
    `
defaults: {ovms_url: "https://far", model_name: f, model_version: 3, tls_ca: ca.pem}
models: {near: {ovms_url: near:9000, model_name: n}}
streams:
  far: {stream_url: ${cameraUrl}}
  near: {stream_url: ${cameraUrl}, model: near}
  own: {stream_url: ${cameraUrl}, model_path: m.onnx}
`,
    { "m.onnx": "", "ca.pem": "" },
  );
  const [far, near, own] = config.streams.map(({ inference }) => inference);
  assert(far?.kind === "server" && near?.kind === "server");
  assert.deepEqual([far.modelName, far.modelVersion, far.tls.caFile], ["f", 3, "DIR/ca.pem"]);
  assert.deepEqual([near.modelName, near.modelVersion, near.tls.caFile], ["n", 0, null]);
  assert.equal(own?.kind, "onnx");
});

Deno.test("loadConfig() makes one stream of each use case that shares a camera", async () => {
  const config = await load(
    `
models: {a: ${modelMap}, b: {ovms_url: b:9000, model_name: b}}
use_cases: {faces: {use_case: f.ts}}
sinks: {rec: jsonl:rec.jsonl}
streams:
  door:
    stream_url: ${cameraUrl}
    fps: 5
    model: a
    sink: [stdout]
    use_cases:
      - faces
      - {use_case: plugins/count.ts, model: b, sink: [rec, stdout]}
      - {name: again, use_case: faces, use_case_options: {x: 1}}
`,
    { "f.ts": "", "plugins/count.ts": "" },
  );
  assert.deepEqual(
    config.streams.map(({ name, camera, inference, useCase, sinks }) => [
      name,
      camera,
      inference.kind === "server" && inference.modelName,
      useCase.module,
      sinks,
    ]),
    [
      ["door.faces", "door", "m", "DIR/f.ts", [{ kind: "stdout" }]],
      ["door.count", "door", "b", "DIR/plugins/count.ts", [
        { kind: "jsonl", path: "DIR/rec.jsonl" },
        { kind: "stdout" },
      ]],
      ["door.again", "door", "m", "DIR/f.ts", [{ kind: "stdout" }]],
    ],
  );
  const [first, ...others] = config.streams.map(({ source }) => source);
  for (const source of others) assert.deepEqual(source, first);
});

Deno.test("loadConfig() puts variables of the environment into strings, and types by the table", async () => {
  const config = await load(
    `
streams:
  door:
    stream_url: rtsp://\${USER}:\${PASS}@camera/live
    fps: \${FPS}
    no_model: \${NONE}
    use_case_options: {text: "\${FPS}", kept: "$\${FPS}", list: ["a-\${USER}-b"]}
`,
    {},
    { USER: "u", PASS: "p@:/?#", FPS: "2.5", NONE: "true" },
  );
  const [{ source, useCase, inference } = assert.fail()] = config.streams;
  assert.equal(source.url, "rtsp://u:p@:/?#@camera/live");
  assert.equal(source.fps, 2.5);
  assert.equal(inference.kind, "none");
  assert.deepEqual(useCase.options, { text: "2.5", kept: "${FPS}", list: ["a-u-b"] });
});

Deno.test("loadConfig() takes a password from its file, percent-encoded", async () => {
  const config = await load(
    `
defaults: {no_model: true, password_file: all}
streams:
  own: {stream_url: rtsp://me@a/live, password_file: one}
  shared: {stream_url: rtsp://me@b/live}
  none: {stream_url: rtsp://c/live}
  given: {stream_url: rtsp://me:x@d/live}
  file: {stream_url: clip.mp4}
`,
    { one: "a%41@:/ é'\r\n", all: "secret\n", "clip.mp4": "" },
  );
  assert.deepEqual(config.streams.map(({ source }) => source.url), [
    "rtsp://me:a%2541%40%3A%2F%20%C3%A9%27@a/live",
    "rtsp://me:secret@b/live",
    "rtsp://c/live",
    "rtsp://me:x@d/live",
    "DIR/clip.mp4",
  ]);
});

Deno.test("loadConfig() merges anchors, what stands nearer first", async () => {
  const config = await load(`
streams:
  a: &a {stream_url: ${cameraUrl}, no_model: true, fps: 1, buffer_size: 5}
  b: {<<: *a, fps: 2}
  c: {<<: [{fps: 3}, *a]}
`);
  assert.deepEqual(config.streams.map(({ source, bufferSize }) => [source.fps, bufferSize]), [
    [1, 5],
    [2, 5],
    [3, 5],
  ]);
});

Deno.test("loadConfig() lets the command line's settings of the process win", async () => {
  const yaml =
    `{log_level: DEBUG, log_format: json, streams: {a: {stream_url: ${cameraUrl}, model: m}},
    models: {m: ${modelMap}}}`;
  const { log } = await load(yaml, {}, {}, { log_level: "ERROR" });
  assert.deepEqual(log, { level: "ERROR", format: "json" });
});

Deno.test("loadConfig() tells what it read, and what has no effect", async () => {
  const yaml = `
models: {m: ${modelMap}, idle: ${modelMap}}
sinks: {rec: stdout}
streams:
  a: {stream_url: "rtsp://\${USER}@camera/live", password_file: pw, model: m}
  b: {stream_url: ${cameraUrl}, no_model: true, inference_timeout_ms: 5}
`;
  await withFiles({ "s.yaml": yaml, pw: "p" }, async (directory) => {
    const file = `${directory}/s.yaml`;
    const { reads, notices } = await loadConfig(file, {}, () => "u");
    const texts = [await Deno.readTextFile(file), await Deno.readTextFile(`${directory}/pw`)];
    assert.deepEqual(reads, { files: [file, `${directory}/pw`], texts, env: ["USER"] });
    assert.deepEqual(notices, [
      "b: inference_timeout_ms has no effect with no_model",
      "models.idle is used by no stream",
      "sinks.rec is used by no stream",
    ]);
  });
});
