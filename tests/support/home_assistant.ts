/** Home Assistant itself, which tools/home_assistant.sh installs. */

import { join } from "node:path";
import { freePort } from "./free_port.ts";
import { poll } from "./poll.ts";
import { programPath } from "./with_brokers.ts";

const folder = Deno.env.get("SIGHTLINE_HOME_ASSISTANT") ?? join(
  Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? ".", ".cache"),
  "sightline",
  "home_assistant",
);

/** Behind the name of a test: why it is ignored; empty where Home Assistant is installed. */
export const reasonWithoutHomeAssistant: string = await reason();

async function reason(): Promise<string> {
  const isThere = await Deno.stat(join(folder, "venv/bin/hass")).then(() => true, () => false);
  if (!isThere) return " (Home Assistant is missing: tools/home_assistant.sh installs it)";
  return Deno.uid() === 0 ? "" : " (Home Assistant runs in a chroot, which needs root)";
}

/** An entity as Home Assistant shows it. */
export interface EntityState {
  readonly entity_id: string;
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A Home Assistant that listens to a broker. */
export interface HomeAssistant extends AsyncDisposable {
  /** All entities now, by their ids. */
  states(): Promise<ReadonlyMap<string, EntityState>>;
  /** Devices by name, of the given manufacturer. */
  devices(): Promise<readonly string[]>;
  /** What it warned of. */
  log(): Promise<string>;
}

/** Starts one with nothing in it, and adds the broker as its users do. */
export async function startHomeAssistant(brokerPort: number): Promise<HomeAssistant> {
  const port = freePort();
  const inside = `/tmp/sightline-${crypto.randomUUID().slice(0, 8)}`;
  const config = join(folder, inside);
  await Deno.mkdir(config);
  const yaml = `
http: {server_host: 127.0.0.1, server_port: ${port}}
api:
config:
onboarding:
logger: {default: warning}
`;
  await Deno.writeTextFile(join(config, "configuration.yaml"), yaml);
  const child = new Deno.Command(await programPath("chroot") ?? "chroot", {
    args: [folder, "/venv/bin/hass", "--config", inside],
    env: { PATH: "/venv/bin:/usr/bin:/bin", HOME: inside, LANG: "C.UTF-8" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const base = `http://127.0.0.1:${port}`;
  const clientId = `${base}/`;
  let token = "";

  async function ask(path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${base}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        ...token !== "" && { authorization: `Bearer ${token}` },
      },
      ...body !== undefined && { body: JSON.stringify(body) },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  const home: HomeAssistant = {
    async states() {
      const states = await ask("/api/states") as EntityState[];
      return new Map(states.map((state) => [state.entity_id, state]));
    },
    async devices() {
      const registry = await Deno.readTextFile(join(config, ".storage/core.device_registry"));
      const { data } = JSON.parse(registry);
      return data.devices.map(({ name }: { readonly name: string }) => name);
    },
    log: () => Deno.readTextFile(join(config, "home-assistant.log")).catch(() => ""),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(config, { recursive: true });
    },
  };
  try {
    const isUp = () => ask("/api/onboarding").then(() => true, () => false);
    await poll("Home Assistant is up", isUp, 120_000);
    const user = { name: "test", username: "test", password: "a test's own", language: "en" };
    const { auth_code } = await ask("/api/onboarding/users", { ...user, client_id: clientId }) as {
      readonly auth_code: string;
    };
    const form = { grant_type: "authorization_code", code: auth_code, client_id: clientId };
    const granted = await fetch(`${base}/auth/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    token = (await granted.json()).access_token;
    const flows = "/api/config/config_entries/flow";
    const { flow_id } = await ask(flows, { handler: "mqtt" }) as { readonly flow_id: string };
    const broker = { broker: "127.0.0.1", port: brokerPort };
    const done = await ask(`${flows}/${flow_id}`, broker) as { readonly type: string };
    if (done.type !== "create_entry") throw new Error(`not added: ${JSON.stringify(done)}`);
    return home;
  } catch (error) {
    const log = await home.log();
    await home[Symbol.asyncDispose]();
    throw new Error(`Home Assistant does not start: ${log.slice(-2000)}`, { cause: error });
  }
}
