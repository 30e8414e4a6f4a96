import assert from "node:assert/strict";
import type { StreamConfig } from "../stream/settings.ts";
import { effectiveProcess, effectiveStream, withoutSecrets } from "./effective.ts";

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
