/** `check`, `schema` and `permissions` on configuration files, as an operator runs them. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { sightlineResult } from "./support/run_sightline.ts";
import { freePort } from "./support/free_port.ts";
import { WebhookReceiver } from "./support/webhook_receiver.ts";
import { withFiles } from "./support/with_files.ts";

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

const yaml = `
visualizer_port: 5000
models:
  demo: {model_path: ${path("demo/person_vehicle_bike.onnx")}}
streams:
  yard:
    stream_url: rtsp://viewer@yard.example.com/live
    password_file: pw
    model: demo
    use_case_options: {threshold: 0.6, token: hidden-three, hook: "\${HOOK}"}
  door:
    stream_url: http://\${USER_PASS}@door.example.com/x
    fps: 5
    no_model: true
    use_cases:
      - ${path("plugins/motion.ts")}
      - {use_case: ${path("plugins/person_vehicle_bike.ts")}, model: demo}
`;
const files = { "s.yaml": yaml, pw: "hidden-one\n" };
const env = { HOOK: "https://u:hidden-four@hook/", USER_PASS: "u:hidden-two" };

Deno.test("check shows settings and ffmpeg without secrets, and starts nothing", async () => {
  await withFiles(files, async (directory) => {
    const { code, stdout, stderr } = await sightlineResult(["check", `${directory}/s.yaml`], {
      env,
    });
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.doesNotMatch(stdout, /hidden/);
    const line = (words: string) => assert(stdout.includes(words), `${words}\n${stdout}`);
    line("s.yaml is right: 3 streams of 2 cameras.");
    line("  yard:\n    stream_url: rtsp://viewer:***@yard.example.com/live\n");
    line('use_case_options: { threshold: 0.6, token: "***", hook: "${HOOK}" }');
    line("    fps: 5\n");
    line("    buffer_size: 100                         # default");
    line("# The ffmpeg of door, for door.motion, door.person_vehicle_bike:");
    line("-i 'rtsp://viewer:***@yard.example.com/live'");
    line("-i 'http://u:***@door.example.com/x'");
    line("scale@fit0=<width>:<height>:flags=area,format=<pixel format>,metadata=");
  });
});

Deno.test("check of nothing is wrong, in one line", async () => {
  for (const args of [["check"], ["check", "--json"]]) {
    const { code, stdout, stderr } = await sightlineResult(args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^check: no configuration is named, .*\n$/);
  }
});

Deno.test("check --probe --json asks model and use case, and prints JSON", async () => {
  // This plugin takes no such options, and --probe would say so.
  const plain = yaml.replace(/, token: .*(?=\})/, "");
  await withFiles({ ...files, "s.yaml": plain }, async (directory) => {
    const args = ["check", `${directory}/s.yaml`, "--json", "--probe", "--log_level", "DEBUG"];
    const { code, stdout, stderr } = await sightlineResult(args, { env });
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, /hidden/);
    const { process, streams, cameras, formats } = JSON.parse(stdout);
    assert.equal(process.log_level, "DEBUG");
    assert.equal(process.visualizer_port, 5000);
    assert.equal(streams.yard.inference_timeout_ms, 5000);
    assert.deepEqual(Object.keys(formats).sort(), [
      "door.motion",
      "door.person_vehicle_bike",
      "yard",
    ]);
    const { width, height } = formats.yard;
    assert(width > 0 && height > 0);
    const yard = cameras.find(({ camera }: { camera: string }) => camera === "yard");
    assert(yard.ffmpeg.join(" ").includes(`=${width}:${height}:flags=`));
    assert(!yard.ffmpeg.join(" ").includes("<width>"));
  });
});

Deno.test("check --probe names a model server that does not answer, and shows the rest", async () => {
  const away = `${yaml}  away: {stream_url: rtsp://c/x, ovms_url: "127.0.0.1:1", model_name: m}\n`;
  await withFiles({ ...files, "s.yaml": away }, async (directory) => {
    const args = ["check", `${directory}/s.yaml`, "--probe"];
    const { code, stdout, stderr } = await sightlineResult(args, { env });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^Cannot probe yard: .*no option is called "token"/m);
    assert.match(stderr, /^Cannot probe away: .*127\.0\.0\.1:1/m);
    assert(stdout.includes("\n  away:\n"));
  });
});

Deno.test("check --connect reaches camera, model and destinations once, and sends no event", async () => {
  await using receiver = new WebhookReceiver();
  const text = `
models: {demo: {model_path: ${path("demo/person_vehicle_bike.onnx")}}}
sinks:
  hook: {webhook: {url: "${receiver.url}"}}
  away: "webhook+http://u:hidden@127.0.0.1:${freePort()}/x"
  archive: "jsonl+events:events.jsonl"
streams:
  yard: {stream_url: ${path("demo/street.mp4")}, model: demo, sink: [hook, away, archive]}
  door: {stream_url: "rtsp://127.0.0.1:${freePort()}/x", no_model: true, use_case: motion}
`;
  await withFiles({ "s.yaml": text }, async (directory) => {
    const { code, stdout, stderr } = await sightlineResult([
      ...["check", `${directory}/s.yaml`, "--connect", "--json"],
    ]);
    assert.equal(code, 1, stderr);
    const rows: { kind: string; name: string; ok: boolean; found: string }[] = JSON.parse(stdout);
    assert.deepEqual(rows.map(({ kind, ok }) => `${kind} ${ok}`), [
      ...["camera true", "camera false", "model true"],
      ...["destination true", "destination false", "destination true"],
    ]);
    const found = rows.map(({ found }) => found);
    assert.match(found[1]!, /connection refused/i);
    assert.match(found[3]!, /answers OPTIONS with 204/);
    assert.match(found[4]!, /^connection refused$/i);
    assert.doesNotMatch(stdout, /hidden/);
    assert.deepEqual(receiver.requests.filter(({ body }) => body !== ""), []);
    const there = await Array.fromAsync(Deno.readDir(directory));
    assert.deepEqual(there.map(({ name }) => name), ["s.yaml"]);
  });
});

Deno.test("check says everything that is wrong, with exit code 2 and no stack trace", async () => {
  await withFiles(
    { "s.yaml": "streams:\n  a: {strem_url: x}\nlog_levl: 1\n" },
    async (directory) => {
      const file = `${directory}/s.yaml`;
      const { code, stdout, stderr } = await sightlineResult(["check", file]);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.deepEqual(stderr.trimEnd().split("\n"), [
        `${file}:2:3: streams.a.stream_url: missing, must be rtsp://, rtsps://, http://, https://, rtmp://, srt:// or udp://, a file or a device`,
        `${file}:2:3: streams.a.ovms_url: missing, give one of ovms_url (the model server's HOST:PORT), model_path (an ONNX file), no_model`,
        `${file}:2:7: streams.a.strem_url: unknown key, did you mean stream_url?`,
        `${file}:3:1: log_levl: unknown key, did you mean log_level?`,
      ]);
    },
  );
});

Deno.test("run refuses flags of a stream beside --config, and a file in place of a flag", async () => {
  await withFiles(files, async (directory) => {
    const file = `${directory}/s.yaml`;
    const beside = await sightlineResult(["run", "--config", file, "--fps", "5"], { env });
    assert.equal(beside.code, 2);
    assert.equal(
      beside.stderr.trimEnd(),
      "--fps: cannot stand beside --config, the file says it of its streams",
    );
    const bare = await sightlineResult(["run", "s.yaml"]);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /^s\.yaml: belongs to no flag, did you mean --config\?$/m);
  });
});

Deno.test("permissions prints flags under which a configuration file runs, and they suffice", async () => {
  const clip = `
streams:
  a:
    stream_url: ${path("demo/street.mp4")}
    model_path: ${path("demo/person_vehicle_bike.onnx")}
    sink: jsonl:\${OUT}.jsonl
`;
  await withFiles({ "s.yaml": clip }, async (directory) => {
    const file = `${directory}/s.yaml`;
    const { code, stdout, stderr } = await sightlineResult(["permissions", "run", "-c", file], {
      env: { OUT: "out" },
    });
    assert.equal(code, 0, stderr);
    assert(stdout.includes(directory));
    const output = await new Deno.Command("sh", {
      args: [
        "-c",
        `"${Deno.execPath()}" run --no-check ${stdout.trim()} main.ts run -c ${file} --limit_frames 3`,
      ],
      cwd: path(""),
      env: { OUT: "out" },
    }).output();
    assert.equal(output.code, 0, new TextDecoder().decode(output.stderr));
    const records = await Deno.readTextFile(`${directory}/out.jsonl`);
    assert.equal(records.trim().split("\n").length, 3);
  });
});
