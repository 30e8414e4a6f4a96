import { deepEqual } from "node:assert/strict";
import { maskConfig } from "./mask_config.ts";

Deno.test("maskConfig() leaves no secret, and what is none as it is", () => {
  const masked = maskConfig({
    visualizer: {
      port: 5000,
      access: {
        token: { file: "/run/token" },
        operateToken: { value: "opensesame" },
        password: { value: "hunter2" },
        user: "ada",
      },
    },
    streams: [{
      source: { url: "rtsp://ada:hunter2@camera/live?token=abc" },
      inference: { apiKey: "k-123", url: "grpc://models:9000" },
      destinations: [{
        kind: "webhook",
        headers: { "X-Anything": "hunter2" },
        secrets: ["whsec_1"],
      }],
      useCase: { options: { threshold: 0.5, plate_api_token: "hunter2" } },
      labels: new Set(["person"]),
    }],
  });
  deepEqual(masked, {
    visualizer: {
      port: 5000,
      access: {
        token: { file: "/run/token" },
        operateToken: { value: "***" },
        password: { value: "***" },
        user: "ada",
      },
    },
    streams: [{
      source: { url: "rtsp://ada:***@camera/live?token=***" },
      inference: { apiKey: "***", url: "grpc://models:9000" },
      destinations: [{ kind: "webhook", headers: { "X-Anything": "***" }, secrets: ["***"] }],
      useCase: { options: { threshold: 0.5, plate_api_token: "***" } },
      labels: ["person"],
    }],
  });
});

Deno.test("maskConfig() leaves no secret of a use case's options, and no address that is one", () => {
  const options = {
    password: 12345678,
    key: "hunter2",
    plate_key: "hunter2",
    header: "X-Key: hunter2",
    passphrase: "hunter2",
    pwd: "hunter2",
    pin: 1234,
    secret: "hunter2",
    greeting: "Bearer hunter2",
    keypoints: 17,
    seconds: 5,
  };
  const masked = maskConfig({
    useCase: { options },
    destinations: [
      { url: "https://hooks.slack.com/services/T0/B0/abcdEFGH1234", settings: { tls_key: "/k" } },
      { url: "nats://hunter2@h" },
    ],
    outputs: [{ url: "rtmp://h/app/hunter2", isOn: true }],
    source: { url: "http://cam/a1b2c3d4e5f6" },
  });
  deepEqual(masked, {
    useCase: {
      options: {
        ...Object.fromEntries(Object.keys(options).map((key) => [key, "***"])),
        keypoints: 17,
        seconds: 5,
      },
    },
    destinations: [
      { url: "https://hooks.slack.com/services/T0/B0/***", settings: { tls_key: "/k" } },
      { url: "nats://***@h" },
    ],
    outputs: [{ url: "rtmp://h/app/***", isOn: true }],
    source: { url: "http://cam/a1b2c3d4e5f6" },
  });
});
