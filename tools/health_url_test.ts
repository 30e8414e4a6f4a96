import assert from "node:assert/strict";
import { withFiles } from "../tests/support/with_files.ts";
import { healthUrl } from "./health_url.ts";

const stream = ["--stream_url", "rtsp://camera/", "--no_model"];
const open = ["--visualizer_port=80", "--visualizer_insecure", "--visualizer_host"];
const entries = [
  ["deno", "run", "-A", "--quiet", "main.ts"],
  ["tini", "--", "/app/deploy/entrypoint.sh"],
];

Deno.test("healthUrl() is where the live view listens, as far as it can be called", async () => {
  const cases = [
    [["--visualizer_port", "5000"], "http://127.0.0.1:5000/healthz"],
    [["run", "--visualizer-port=80"], "http://127.0.0.1:80/healthz"],
    [[...open, "0.0.0.0"], "http://127.0.0.1:80/healthz"],
    [[...open, "::"], "http://[::1]:80/healthz"],
    [[...open, "10.0.0.7"], "http://10.0.0.7:80/healthz"],
    [["--metrics_port", "9090", "--visualizer_port=80"], "http://127.0.0.1:9090/healthz"],
    [["--metrics_port=9090", "--metrics_host=0.0.0.0"], "http://127.0.0.1:9090/healthz"],
    [["demo"], "http://127.0.0.1:5000/healthz"],
    [["demo", "--visualizer_port", "81"], "http://127.0.0.1:81/healthz"],
  ] as const;
  for (const entry of entries) {
    for (const [flags, url] of cases) {
      const camera = flags[0] === "demo" ? [] : stream;
      assert.equal(await healthUrl([...entry, ...flags, ...camera]), url, flags.join(" "));
    }
  }
});

Deno.test("healthUrl() is null where nothing listens, and for what is wrong", async () => {
  const tls = ["--visualizer_port=80", "--visualizer_tls_cert=c", "--visualizer_tls_key=k"];
  for (const flags of [["--visualizer_port", "0"], ["run"], [], ["--foo"], tls]) {
    for (const entry of entries) {
      assert.equal(await healthUrl([...entry, ...flags, ...stream]), null);
    }
  }
});

Deno.test("healthUrl() reads the configuration file", () =>
  withFiles({
    "sightline.yaml": `
metrics_port: 9555
defaults: { no_model: true }
streams: { yard: { stream_url: "rtsp://yard/live" } }
`,
  }, async (folder) => {
    const args = ["run", "--config", `${folder}/sightline.yaml`];
    assert.equal(await healthUrl([...entries[1]!, ...args]), "http://127.0.0.1:9555/healthz");
    const over = [...args, "--metrics_port=9666"];
    assert.equal(await healthUrl([...entries[1]!, ...over]), "http://127.0.0.1:9666/healthz");
  }));
