/** deploy/compose.yaml, as Compose's own library reads it. */

import assert from "node:assert/strict";
import { healthUrl } from "../tools/health_url.ts";
import { checkArguments } from "./support/check_arguments.ts";
import { goTool } from "./support/go_tools.ts";
import { runProgram } from "./support/run_program.ts";

const deploy = new URL("../deploy/", import.meta.url);
const { path, reason } = await goTool("compose-spec");
const ignore = path === null;

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string }[];
  readonly read_only?: boolean;
}

async function services(): Promise<Record<string, Service>> {
  const { code, stdout, stderr } = await runProgram(
    path!,
    ["-format", "json", "compose.yaml"],
    deploy,
  );
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).services;
}

Deno.test({
  name: `compose.yaml: every image is pinned, every mounted file is there${reason}`,
  ignore,
}, async () => {
  for (const [name, { image, volumes = [], ports = [] }] of Object.entries(await services())) {
    assert.match(image, /:(v?\d+\.\d+\.\d+|local)$/, name);
    for (const { type, source } of volumes) {
      if (type === "bind") await assert.doesNotReject(Deno.stat(source), `${name}: ${source}`);
    }
    for (const { host_ip } of ports) assert.equal(host_ip, "127.0.0.1", `${name} is open to all`);
  }
});

Deno.test({
  name: `compose.yaml: Sightline reads its command, and can be reached${reason}`,
  ignore,
}, async () => {
  const { sightline } = await services();
  const config = checkArguments(sightline!.command!);
  assert.equal(sightline!.read_only, true);
  assert.deepEqual(config.visualizer, { ...config.visualizer, host: "0.0.0.0", port: 5000 });
  // This machine need not have /data.
  const command = sightline!.command!.map((word) => word.replace("jsonl:/data/", "jsonl:"));
  // Where the health check asks, and Prometheus, which has its own file.
  assert.equal(
    await healthUrl(["/entrypoint.sh", ...command]),
    "http://127.0.0.1:9464/healthz",
  );
  const scrape = await Deno.readTextFile(new URL("compose/prometheus.yml", deploy));
  assert.ok(scrape.includes(`sightline:${config.metrics?.port}`), scrape);
});

Deno.test({
  name: `compose.yaml: camera, publisher and Sightline speak of one stream${reason}`,
  ignore,
}, async () => {
  const { publisher, sightline, model_server } = await services();
  const { source, inference } = checkArguments(sightline!.command!).streams[0]!;
  assert.equal(publisher!.command!.at(-1), source.url);
  assert.ok(inference.kind === "server");
  const flag = (name: string) => model_server!.command![model_server!.command!.indexOf(name) + 1];
  assert.equal(flag("--model_name"), inference.modelName);
  assert.equal(inference.url, `grpc://model_server:${flag("--port")}`);
});
