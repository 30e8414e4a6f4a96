import assert from "node:assert/strict";
import type { StreamConfig } from "../stream/settings.ts";
import { resolvedStream } from "../../tests/support/resolved.ts";
import { effectiveFfmpeg, effectiveProcess, effectiveStream, withoutSecrets } from "./effective.ts";

Deno.test("withoutSecrets() masks URLs and what is called like a secret, at any depth", () => {
  const given = {
    url: "https://u:p4ss@host/x?token=abc",
    list: [{ apiKey: "abc", API_TOKEN: "${TOKEN}", keypoints: 17 }],
    password: { nested: "rtsp://u:p4ss@host/" },
  };
  assert.deepEqual(withoutSecrets(given), {
    url: "https://u:***@host/x?token=***",
    list: [{ apiKey: "***", API_TOKEN: "${TOKEN}", keypoints: 17 }],
    password: { nested: "rtsp://u:***@host/" },
  });
});

Deno.test("withoutSecrets() masks numbers and headers that are secrets, and leaves paths of files", () => {
  assert.deepEqual(
    withoutSecrets({ pin: 1234, camera_password: 5678, header: "X: y", say: "Bearer abc", n: 3 }),
    { pin: "***", camera_password: "***", header: "***", say: "***", n: 3 },
  );
});

Deno.test("settings that are secrets are not shown, by their own name", () => {
  const process = {
    visualizer_token: "hidden-1",
    visualizer_operate_token: "${TOKEN}",
    visualizer_password: "hidden-2",
    visualizer_token_file: "/run/token",
  };
  const shown = effectiveProcess({ process, streams: [] });
  const valueOf = (name: string) => shown.find((one) => one.name === name)?.value;
  assert.equal(valueOf("visualizer_token"), "***");
  assert.equal(valueOf("visualizer_operate_token"), "${TOKEN}");
  assert.equal(valueOf("visualizer_password"), "***");
  assert.equal(valueOf("visualizer_token_file"), "/run/token");
});

Deno.test("a sink's or output's address that is a secret itself is not shown", () => {
  const given = {
    stream_url: "http://cam/a1b2c3d4e5f6/live",
    sink: ["https://hooks.slack.com/services/T1/B2/abcdEFGH1234", "jsonl:/data/records-2026.jsonl"],
    output: [{ rtmp: { url: "rtmp://live.example.com/app/streamkey" } }],
  };
  const config = { inference: { kind: "onnx" } } as unknown as StreamConfig;
  const shown = new Map(effectiveStream(given, config).map(({ name, value }) => [name, value]));
  assert.equal(shown.get("stream_url"), given.stream_url);
  assert.deepEqual(shown.get("sink"), [
    "https://hooks.slack.com/services/T1/B2/***",
    "jsonl:/data/records-2026.jsonl",
  ]);
  assert.deepEqual(shown.get("output"), [{ rtmp: { url: "rtmp://live.example.com/app/***" } }]);
});

Deno.test("withoutSecrets() leaves alone what is neither a text nor holds one", () => {
  const given = { key: null, tokens: 3, list: [null, true, 1.5] };
  assert.deepEqual(withoutSecrets(given), given);
});

Deno.test("settings that this kind of model does not have are shown only where they were given", () => {
  const camera = { stream_url: "rtsp://camera/live" };
  const models = {
    server: { ...camera, ovms_url: "ovms:9000", model_name: "m" },
    onnx: { ...camera, model_path: "m.onnx" },
    none: { ...camera, no_model: true },
  };
  const shown = (given: Record<string, unknown>) =>
    effectiveStream(given, resolvedStream(given)).map(({ name }) => name)
      .filter((name) =>
        /^(no_model|model_version|api|binary_input|inference_timeout_ms)$/.test(name)
      );
  assert.deepEqual(shown(models.server).sort(), [
    ...["api", "binary_input", "inference_timeout_ms", "model_version"],
  ]);
  assert.deepEqual(shown(models.onnx), ["inference_timeout_ms"]);
  assert.deepEqual(shown(models.none), ["no_model"]);
  assert.deepEqual(shown({ ...models.none, api: "auto" }).sort(), ["api", "no_model"]);
});

Deno.test("each setting tells whether it was given, and is left out where it has no value", () => {
  const given = { stream_url: "rtsp://camera/live", no_model: true, fps: 5 };
  const all = effectiveStream(given, resolvedStream(given));
  const of = (name: string) => all.find((one) => one.name === name);
  assert.deepEqual(of("fps"), { name: "fps", value: 5, isDefault: false });
  assert.deepEqual(of("rtsp_transport"), { name: "rtsp_transport", value: "tcp", isDefault: true });
  assert.equal(of("use_case_options"), undefined);
  assert.ok(all.every(({ value }) => value !== undefined));
  assert.equal(of("stream_name"), undefined);
});

Deno.test("effectiveFfmpeg() puts words in place of what is not known, and asks for what streams need", () => {
  const of = (given: Record<string, unknown>, visible = false) => {
    const stream = resolvedStream({ stream_url: "rtsp://camera/live", no_model: true, ...given });
    return effectiveFfmpeg([stream], new Map(), visible).join(" ");
  };
  const words = ["motion gate", "pictures of full size", "live view", "socket of default"];
  const asked = (...args: Parameters<typeof of>) =>
    words.filter((word) => of(...args).includes(word));
  assert.deepEqual(asked({}), ["socket of default"]);
  assert.deepEqual(asked({}, true), ["live view", "socket of default"]);
  assert.deepEqual(asked({ stream_url: "/dev/video0" }, true), ["socket of default"]);
  assert.deepEqual(asked({ motion_threshold: 0.1 }), ["motion gate", "socket of default"]);
  const secondary = { no_model: true, use_case: "x.ts" };
  assert.deepEqual(asked({ secondary }), ["pictures of full size", "socket of default"]);
  const two = [{ secondary }, {}].map((given) =>
    resolvedStream({ stream_url: "rtsp://camera/live", no_model: true, ...given })
  );
  assert.match(effectiveFfmpeg(two, new Map(), false).join(" "), /pictures of full size/);
  assert.match(of({}), /<width>.*<height>/);
  assert.match(of({}), /<pixel format>/);
  const server = { no_model: false, ovms_url: "ovms:9000", model_name: "m", binary_input: true };
  assert.doesNotMatch(of(server), /<pixel format>/);
  const stream = resolvedStream({ stream_url: "a.mp4", no_model: true });
  const format = { width: 64, height: 48, pixelFormat: "gray", fit: "stretch" } as const;
  const known = effectiveFfmpeg([stream], new Map([["default", format]]), false).join(" ");
  assert.match(known, /64.*48/);
  assert.doesNotMatch(known, /<width>/);
});
