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
