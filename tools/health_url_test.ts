import assert from "node:assert/strict";
import { healthUrl } from "./health_url.ts";

const entries = [
  ["deno", "run", "-A", "--quiet", "main.ts"],
  ["tini", "--", "/app/deploy/entrypoint.sh"],
];

Deno.test("healthUrl() is where the live view listens, as far as it can be called", () => {
  const cases = [
    [["--visualizer_port", "5000"], "http://127.0.0.1:5000/healthz"],
    [["run", "--visualizer-port=80"], "http://127.0.0.1:80/healthz"],
    [["--visualizer_port=80", "--visualizer_host", "0.0.0.0"], "http://127.0.0.1:80/healthz"],
    [["--visualizer_port=80", "--visualizer_host", "::"], "http://[::1]:80/healthz"],
    [["--visualizer_port=80", "--visualizer_host", "10.0.0.7"], "http://10.0.0.7:80/healthz"],
    [["--metrics_port", "9090", "--visualizer_port=80"], "http://127.0.0.1:9090/healthz"],
    [["--metrics_port=9090", "--metrics_host=0.0.0.0"], "http://127.0.0.1:9090/healthz"],
    [["demo"], "http://127.0.0.1:5000/healthz"],
    [["demo", "--visualizer_port", "81"], "http://127.0.0.1:81/healthz"],
  ] as const;
  for (const entry of entries) {
    for (const [flags, url] of cases) assert.equal(healthUrl([...entry, ...flags]), url);
  }
});

Deno.test("healthUrl() is null without a live view", () => {
  for (const flags of [[], ["--visualizer_port", "0"], ["run", "--stream_url", "a.mp4"]]) {
    for (const entry of entries) assert.equal(healthUrl([...entry, ...flags]), null);
  }
});
