/** A real Prometheus that scrapes one target. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free_port.ts";
import { poll } from "./poll.ts";

const alerts = fileURLToPath(new URL("../../deploy/grafana/alerts.yaml", import.meta.url));

/** Whether there is none on this machine. */
export const prometheusMissing: boolean = !(await new Deno.Command("sh", {
  args: ["-c", "command -v prometheus"],
  stdout: "null",
}).output()).success;

/** Added to the names of tests that need it. */
export const prometheusReason: string = prometheusMissing
  ? " (ignored: needs prometheus; apt install prometheus)"
  : "";

/** Asks the API of a Prometheus for its `data`. */
export type AskPrometheus = (
  path: string,
  parameters?: Record<string, string>,
) => Promise<unknown>;

/** Runs `use` with a Prometheus that has our alerts and scrapes `target`, `host:port`, each second. */
export async function withPrometheus(
  target: string,
  use: (ask: AskPrometheus) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const config = join(folder, "prometheus.yml");
  // JSON is YAML.
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: [alerts],
      scrape_configs: [{ job_name: "sightline", static_configs: [{ targets: [target] }] }],
    }),
  );
  const address = `127.0.0.1:${freePort()}`;
  const child = new Deno.Command("prometheus", {
    args: [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`],
      `--web.listen-address=${address}`,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const get = (path: string) => fetch(`http://${address}${path}`);
  try {
    await poll("Prometheus is ready", async () => {
      const response = await get("/-/ready").catch(() => null);
      await response?.body?.cancel();
      return response?.ok ?? false;
    }, 20_000);
    await use(async (path, parameters = {}) => {
      const response = await get(`/api/v1/${path}?${new URLSearchParams(parameters)}`);
      const { status, data, error } = await response.json();
      if (status !== "success") throw new Error(error);
      return data;
    });
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}
