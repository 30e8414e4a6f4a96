import assert from "node:assert/strict";
import { withFiles } from "../../../tests/support/with_files.ts";
import { allowedOf } from "../../settings/kinds.ts";
import { sinkKinds } from "../settings.ts";
import { loadConfig } from "./load_config.ts";

const sinksAllowed = allowedOf(sinkKinds);

const A = "streams:\n  a: {stream_url: rtsp://c/x, no_model: true}\n";

/** What the file says, what else lies beside it, and every line that it must bring. */
interface Case {
  readonly name: string;
  readonly yaml: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

const cases: Case[] = [
  {
    name: "sinks that are maps",
    yaml: `sinks: {rec: {jsonl: {pth: x}}}
streams:
  a: {stream_url: rtsp://c/x, no_model: true, sink: [stdout, {jsonl: {}}, {carrier: {}}]}`,
    lines: [
      "1:14: sinks.rec.jsonl.pth: unknown key, did you mean path?",
      "1:14: sinks.rec.jsonl.path: missing, must be the path of a file",
      "3:62: streams.a.sink.jsonl.path: missing, must be the path of a file",
      `3:75: streams.a.sink: must be ${sinksAllowed}, or a map of one of them, such as {jsonl: {path: PATH}}`,
    ],
  },
  {
    name: "unknown keys, with the nearest known one",
    yaml: `visualiser_port: 1\n${A}models: {m: {no_model: true, modl_name: x}}\ndefaults: {fsp: 1}`,
    lines: [
      "1:1: visualiser_port: unknown key, did you mean visualizer_port?",
      "4:30: models.m.modl_name: unknown key, did you mean model_name?",
      "5:12: defaults.fsp: unknown key, did you mean fps?",
    ],
  },
  {
    name: "a key that would break its line",
    yaml: `${A}"x\\ny": 1`,
    lines: ["3:1: x\\ny: unknown key, known are KNOWN"],
  },
  {
    name: "keys that belong elsewhere",
    yaml: `fps: 1
streams:
  a:
    {stream_url: rtsp://c/x, no_model: true, log_level: INFO, stream_name: b,
     use_cases: [{use_case: x, fps: 1, name: x}]}
use_cases: {x: {use_case: x.ts}}`,
    files: { "x.ts": "" },
    lines: [
      "1:1: fps: unknown key, it belongs to a stream or defaults",
      "4:46: streams.a.log_level: unknown key, it belongs at the top of the file",
      "4:63: streams.a.stream_name: unknown key, the name of a stream is its key in streams",
      "5:32: streams.a.use_cases[0].fps: unknown key, it belongs to the stream: its use cases share one camera",
    ],
  },
  {
    name: "wrong values and types, once each however many streams share them",
    yaml: `log_level: loud
models: {m: {ovms_url: ovms, model_name: 5, inference_timeout_ms: soon}}
streams:
  a: {stream_url: rtsp://c/x, model: m, fps: 0, rtsp_listen: maybe}
  b: {stream_url: [x], model: m, fps: , sink: [stdout, carrier:x]}`,
    lines: [
      "1:12: log_level loud: must be DEBUG, INFO, WARNING or ERROR",
      "2:24: models.m.ovms_url ovms: has no port, must be HOST:PORT, grpc://, grpcs://, http:// or https://",
      "2:42: models.m.model_name 5: must be the name of a model on the server (in quotes it is text)",
      "2:67: models.m.inference_timeout_ms soon: must be a whole number from 1 to 3600000",
      "4:46: streams.a.fps 0: must be a number from 0.01 to 1000",
      "4:62: streams.a.rtsp_listen maybe: must be true or false",
      '5:19: streams.b.stream_url ["x"]: must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device',
      "5:39: streams.b.fps: has no value, must be a number from 0.01 to 1000",
      `5:56: streams.b.sink carrier:x: must be ${sinksAllowed}`,
    ],
  },
  {
    name: "wrong types within settings, which are not missing",
    yaml: `streams:
  a: {stream_url: rtsp://c/x, no_model: true, zones: 5}
  b: {stream_url: rtsp://c/x, no_model: true, zones: [{name: 7}]}
  c: {stream_url: rtsp://c/x, no_model: true, sink: {mqtt: {url: mqtt://h, protocol: 5}}}`,
    lines: [
      "2:54: streams.a.zones 5: must be a list",
      "3:54: streams.b.zones 7: must be text (at [0].name)",
    ],
  },
  {
    name: "names of sinks, where the file has none",
    yaml: `streams:
  a: {stream_url: rtsp://c/x, no_model: true, sink: [stdot, records]}`,
    lines: [
      "2:54: streams.a.sink stdot: unknown sink, did you mean stdout?",
      `2:61: streams.a.sink records: unknown sink, none is defined, or must be ${sinksAllowed}`,
    ],
  },
  {
    name: "numbers and switches in quotes, and numbers that have no end",
    yaml: `streams:
  a: {stream_url: rtsp://c/x, no_model: true, fps: '10', stall_timeout_ms: .inf, region: [.nan, 0]}
  b: {stream_url: rtsp://c/x, no_model: "true", fps: 1e400, track: "x", buffer_size: 99999999999999999999}`,
    lines: [
      "2:52: streams.a.fps 10: must be a number from 0.01 to 1000 (without quotes)",
      "2:76: streams.a.stall_timeout_ms .inf: must be a whole number from 100 to 3600000",
      '2:90: streams.a.region ["NaN",0]: must be x,y,width,height in fractions of the picture, within it and not empty (0.1,0.2,0.5,0.5)',
      "3:41: streams.b.no_model true: must be true or false (without quotes)",
      "3:54: streams.b.fps 1e400: must be a number from 0.01 to 1000",
      "3:68: streams.b.track x: must be true or false",
      "3:86: streams.b.buffer_size 99999999999999999999: must be a whole number from 1 to 10000",
    ],
  },
  {
    name: "files of a destination",
    yaml: `streams:
  a:
    stream_url: rtsp://c/x
    no_model: true
    sink: [{webhook: {url: https://h/x, secret_file: none}}, {url: https://h/y, secret_file: bad}, {url: https://h/z, secret_file: void}]`,
    files: { bad: "whsec_!\n", void: "\n" },
    lines: [
      "5:12: streams.a.sink.webhook.secret_file DIR/none: does not exist",
      "5:62: streams.a.sink.webhook.secret_file DIR/bad: holds no secret, must hold whsec_ and base64 on each line",
      "5:100: streams.a.sink.webhook.secret_file DIR/void: is empty, must hold whsec_ and base64",
    ],
  },
  {
    name: "references to what there is not",
    yaml: `models: {front: {no_model: true}}
sinks: {rec: stdout, stdout: stdout, "a/b": stdout}
streams:
  a: {stream_url: rtsp://c/x, model: frnt, use_case: count, sink: [rek]}
  b: {stream_url: rtsp://c/x, model: [front], sink: rec}`,
    lines: [
      "2:22: sinks.stdout: is a sink already, must be called something else",
      "2:38: sinks.a/b: the name must be 1 to 64 letters, digits, dashes or underscores",
      "4:38: streams.a.model frnt: unknown model, did you mean front?",
      "4:54: streams.a.use_case count: unknown use case, none is defined",
      "4:68: streams.a.sink rek: unknown sink, did you mean rec?",
      '5:38: streams.b.model ["front"]: must be the name of a model',
    ],
  },
  {
    name: "what is missing, where it should stand",
    yaml: `models: {m: {ovms_url: "ovms:1"}}
streams:
  a:
  b: {stream_url: rtsp://c/x, model: m}
  c: {stream_url: rtsp://c/x, use_cases: [{buffer_size: 5}]}`,
    lines: [
      "1:24: models.m.model_name: missing, it is required with ovms_url",
      "3:3: streams.a.ovms_url: missing, give one of ovms_url (the model server's HOST:PORT), model_path (an ONNX file), no_model",
      "3:3: streams.a.stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
      "5:43: streams.c.use_cases[0].name: missing, it is required where no use_case is named",
      "5:43: streams.c.use_cases[0].ovms_url: missing, give one of ovms_url (the model server's HOST:PORT), model_path (an ONNX file), no_model",
    ],
  },
  {
    name: "settings that are right only apart",
    yaml: `models: {m: {ovms_url: "ovms:1", model_name: m}}
streams:
  a: {stream_url: rtsp://c/x, model: m, model_path: x.onnx, sink: [stdout, stdout]}
  b: {stream_url: rtsp://c/x, no_model: true, use_case: x.ts, use_cases: [x.ts]}
  b.x: {stream_url: rtsp://c/x, no_model: true}`,
    files: { "x.ts": "", "x.onnx": "" },
    lines: [
      "3:53: streams.a.model_path: conflicts with ovms_url, give one of ovms_url, model_path, no_model",
      "3:76: streams.a.sink stdout: is given twice",
      "4:57: streams.b.use_case: stands beside use_cases, give one of the two",
      "5:3: streams.b.x b.x: is the name of another stream too, each must have its own",
    ],
  },
  {
    name: "places that several cameras would write over each other in",
    yaml: `defaults: {no_model: true}
streams:
  a: {stream_url: rtsp://c/x, output: [hls:live, "rtsp://me:word@nvr/%N", file:a.mp4]}
  b: {stream_url: rtsp://c/y, output: [{hls: {path: ./live, segments: 9}}, file:a.mp4]}
  c: {stream_url: rtsp://c/y, output: ["rtsp://me:word@nvr/%N", "rtsp://me:word@nvr/a"]}
  d: {stream_url: rtsp://c/y, output: [hls:d, hls:d/]}`,
    files: {},
    lines: [
      "4:40: streams.b.output hls:DIR/live: is where a sends its video too; %N in it becomes the camera's name",
      "5:65: streams.c.output rtsp://me:***@nvr/a: is where a sends its video too; %N in it becomes the camera's name",
      "6:47: streams.d.output hls:DIR/d: is given twice",
    ],
  },
  {
    name: "addresses of cameras without a scheme, and no password",
    yaml: `defaults: {no_model: true}
streams:
  a: {stream_url: 192.168.1.20}
  b: {stream_url: "user:secret@192.168.1.20/live"}
  c: {stream_url: camera.local}`,
    lines: [
      "3:19: streams.a.stream_url 192.168.1.20: has no scheme, did you mean rtsp://192.168.1.20",
      "4:19: streams.b.stream_url user:***@192.168.1.20/live: has no scheme, did you mean rtsp://…@192.168.1.20/live",
      "5:19: streams.c.stream_url camera.local: has no scheme, did you mean rtsp://camera.local",
    ],
  },
  {
    name: "files that there are not",
    yaml:
      `models: {m: {model_path: m.onnx}}\nstreams:\n  a: {stream_url: x.mp4, model: m, use_case: x.ts, sink: jsonl:no/x}`,
    lines: [
      "1:26: models.m.model_path DIR/m.onnx: does not exist",
      "3:19: streams.a.stream_url DIR/x.mp4: does not exist",
      "3:46: streams.a.use_case DIR/x.ts: does not exist",
      "3:58: streams.a.sink jsonl:DIR/no/x: cannot be written: directory DIR/no does not exist",
    ],
  },
  {
    name: "variables that are not set, and nothing that follows from it",
    yaml: `streams:
  a: {stream_url: "rtsp://\${USER}@\${HOST}/x", no_model: true, fps: "\${FPS}", use_case: "\${X"}
  b: {stream_url: "rtsp://c/\${A-B}", no_model: true}`,
    lines: [
      "2:19: variable USER is not set in the environment",
      "2:19: variable HOST is not set in the environment",
      "2:68: variable FPS is not set in the environment",
      "2:88: ${ needs a } behind the variable's name; $${ stands for the two characters themselves",
      "3:19: ${A-B} names no variable of the environment, must be like ${NAME}",
    ],
  },
  {
    name: "passwords that cannot be had, without showing any",
    yaml: `defaults: {no_model: true}
streams:
  a: {stream_url: rtsp://u@c/x, password_file: nothing}
  b: {stream_url: rtsp://u@c/x, password_file: empty}
  c: {stream_url: rtsp://u@c/x, password_file: lines}
  d: {stream_url: rtsp://u@c/x, password_file: .}
  e: {stream_url: rtsp://c/x, password_file: right}
  f: {stream_url: "rtsp://u:hidden@c/x", password_file: right}
  g: {stream_url: rtsp://u@c/x, password_file: 5}
  h: {stream_url: rtsp://u@ftp/x/, password_file: right, fps: x}`,
    files: { empty: "\n", lines: "hidden\nmore\n", right: "hidden" },
    lines: [
      "3:48: streams.a.password_file DIR/nothing: does not exist",
      "4:48: streams.b.password_file DIR/empty: is empty, must hold the password",
      "5:48: streams.c.password_file DIR/lines: holds several lines, must hold the password alone",
      "6:48: streams.d.password_file DIR: is a directory, must be a file",
      "7:46: streams.e.password_file: needs a user in stream_url, such as rtsp://USER@HOST/",
      "8:57: streams.f.password_file: stands beside a URL that has a password already",
      "9:48: streams.g.password_file 5: must be the path of a file",
      "10:63: streams.h.fps x: must be a number from 0.01 to 1000",
    ],
  },
  {
    name: "keys that stand twice",
    yaml: `log_level: INFO\n${A}  a: {no_model: true}\nlog_level: DEBUG`,
    lines: [
      '4:3: "a" stands here twice, first in line 3',
      '5:1: "log_level" stands here twice, first in line 1',
    ],
  },
  {
    name: "maps where none belongs and the other way round",
    yaml: "streams: {a: [1], b: {stream_url: rtsp://c/x, no_model: true, use_cases: x}}\nmodels: 5",
    lines: [
      "1:14: streams.a: is a list, must be a map of names to values",
      "1:11: streams.a.ovms_url: missing, give one of ovms_url (the model server's HOST:PORT), model_path (an ONNX file), no_model",
      "1:11: streams.a.stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device",
      "1:63: streams.b.use_cases: must be a list of use cases, each a name, a path, a URL or a map",
      "2:9: models: is a number, must be a map of names to values",
    ],
  },
  {
    name: "zones, lines and masks in which nothing can ever be",
    yaml: `streams:
  a: {stream_url: rtsp://c/x, no_model: true, zones: [{name: z, polygon: [[0, 0], [0.5, 0.5], [1, 1], [0, 0]]}]}
  b: {stream_url: rtsp://c/x, no_model: true, lines: [{name: l, points: [[0.5, 0], [0.5, 0]]}]}
  c: {stream_url: rtsp://c/x, no_model: true, objects: {masks: [{polygon: [[0, 0], [0, 0], [0, 0]], hide: true}]}}
  d: {stream_url: rtsp://c/x, no_model: true, zones: [{name: crossed, polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]}]}
`,
    lines: [
      "2:54: streams.a.zones [[0,0],[0.5,0.5],[1,1],[0,0]]: must have an area: its corners lie on one line (at [0].polygon)",
      "3:54: streams.b.lines [[0.5,0],[0.5,0]]: must have two points that differ (at [0].points)",
      "4:56: streams.c.objects [[0,0],[0,0],[0,0]]: must have an area: its corners lie on one line (at masks[0].polygon)",
    ],
  },
  {
    name: "names that are none, each of them once",
    yaml: `streams:
  a b: {stream_url: "rtsp://h/1", no_model: true}
  ..: {stream_url: "rtsp://h/2", no_model: true}
  c: {stream_url: "rtsp://h/3", no_model: true, use_cases: [{name: "x y", use_case: motion}, {name: "x y", use_case: motion}]}
  d: {stream_url: "rtsp://h/4", no_model: true, use_case: motoin}
`,
    lines: [
      '2:3: streams.a b "a b": must be 1 to 64 letters, digits, dots, dashes or underscores',
      "3:3: streams... ..: means a folder in an address, must be another name",
      '4:61: streams.c.use_cases[0] "c.x y": must be 1 to 64 letters, digits, dots, dashes or underscores',
      "5:59: streams.d.use_case motoin: unknown use case, did you mean motion?",
    ],
  },
  {
    name: "a name that is none and stands twice, once",
    yaml: `models: { "m m": {no_model: true}, "m m": {no_model: true} }
streams:
  a b: {stream_url: "rtsp://h/1", no_model: true, fsp: 3, fsp: 4}
  a b: {stream_url: "rtsp://h/2", no_model: true}
`,
    lines: [
      "1:11: models.m m: the name must be 1 to 64 letters, digits, dashes or underscores",
      '3:3: streams.a b "a b": must be 1 to 64 letters, digits, dots, dashes or underscores',
      "3:51: streams.a b.fsp: unknown key, did you mean fps?",
    ],
  },
  {
    name: "an empty file",
    yaml: "# nothing\n",
    lines: ["streams: missing, must name one stream at least"],
  },
];

for (const { name, yaml, files, lines } of cases) {
  Deno.test(`loadConfig() refuses ${name}`, async () => {
    await withFiles({ "s.yaml": yaml, ...files }, async (directory) => {
      const file = `${directory}/s.yaml`;
      const loaded = await loadConfig(file, {}, () => undefined);
      assert.equal(loaded.config, null);
      const seen = loaded.lines.map((line) => {
        assert(line.startsWith(`${file}:`), line);
        return line.slice(file.length + 1).trimStart().replaceAll(directory, "DIR")
          .replace(/known are visualizer_port, .*$/, "known are KNOWN");
      });
      assert.deepEqual(seen.toSorted(), lines.toSorted());
      assert(!loaded.lines.join().includes("hidden"));
    });
  });
}

Deno.test("loadConfig() shows the variable in place of a secret that stands where it cannot", async () => {
  const yaml = `streams:
  a: {stream_url: rtsp://c/x, no_model: true, fps: "\${DOOR_PASSWORD}", hwaccel: "x \${DOOR_PASSWORD}"}
  b: {stream_url: "\${CAM_PW}/x.mp4", no_model: true, fps: "\${FPS}", use_case: "\${PIN}.ts"}`;
  await withFiles({ "s.yaml": yaml }, async (directory) => {
    const values: Record<string, string> = {
      ...{ DOOR_PASSWORD: "hidden$&1", CAM_PW: "hidden/2", FPS: "ten", PIN: "123" },
    };
    const file = `${directory}/s.yaml`;
    const { lines } = await loadConfig(file, {}, (name) => values[name]);
    const shown = lines.join("\n").replaceAll(directory, "DIR");
    assert(!shown.includes("hidden"), shown);
    assert.match(shown, /streams\.a\.fps \$\{DOOR_PASSWORD\}: must be a number/);
    assert.match(shown, /streams\.b\.stream_url DIR\/\$\{CAM_PW\}\/x\.mp4: does not exist/);
    assert.match(shown, /streams\.b\.fps ten: must be a number/);
    assert.match(shown, /streams\.b\.use_case DIR\/123\.ts: does not exist/);
  });
});

for (
  const [content, message] of [
    [new Uint8Array([0xff, 0xfe, 0]), "is no text in UTF-8"],
    ["#".repeat(1_048_577), "is larger than 1048576 bytes"],
  ] as const
) {
  Deno.test(`loadConfig() refuses a file that ${message}`, async () => {
    await withFiles({ "s.yaml": content }, async (directory) => {
      const { lines } = await loadConfig(`${directory}/s.yaml`);
      assert.deepEqual(lines, [`--config ${directory}/s.yaml: ${message}`]);
    });
  });
}

Deno.test("loadConfig() refuses a file that is not there, and a directory", async () => {
  await withFiles({}, async (directory) => {
    const missing = await loadConfig(`${directory}/s.yaml`);
    assert.deepEqual(missing.lines, [`--config ${directory}/s.yaml: does not exist`]);
    const folder = await loadConfig(directory);
    assert.deepEqual(folder.lines, [`--config ${directory}: is a directory, must be a file`]);
  });
});

Deno.test("loadConfig() reports a wrong flag as a flag, not as a line of the file", async () => {
  await withFiles({ "s.yaml": A }, async (directory) => {
    const { lines } = await loadConfig(`${directory}/s.yaml`, { log_level: "x" });
    assert.deepEqual(lines, ["--log_level x: must be DEBUG, INFO, WARNING or ERROR"]);
  });
});
