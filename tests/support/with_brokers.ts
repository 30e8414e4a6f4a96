/** Real brokers on ports of their own, each for as long as a test takes; null where one is not installed. */

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free_port.ts";
import { kafkaBroker } from "./go_tools.ts";

/** A broker that runs. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  /** A folder that only its user may read; it goes with the broker. */
  readonly folder: string;
  /** Ends it as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with what it has on disk. */
  start(): Promise<void>;
  /** `SIGSTOP` and `SIGCONT`, say. */
  signal(signal: Deno.Signal): void;
}

type Launch = (port: number, folder: string) => readonly string[] | Promise<readonly string[]>;

/** Where the programs are: Debian puts servers where not everybody looks. */
const folders = [
  ...(Deno.env.get("PATH") ?? "").split(":"),
  ...["/usr/sbin", "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin"],
];

/** The path of a program; null where it is not installed. */
export async function programPath(name: string): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, name);
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return null;
}

/** Behind the name of a test that needs it: empty where it is there. */
export async function reasonWithout(...names: readonly string[]): Promise<string> {
  for (const name of names) {
    if (await programPath(name) === null) return ` (${name} is not installed)`;
  }
  return "";
}

/** Starts one and waits until it takes connections. */
export async function startBroker(launch: Launch): Promise<Broker> {
  const folder = await Deno.makeTempDir({ prefix: "sightline-broker-" });
  const port = freePort();
  let child: Deno.ChildProcess | null = null;
  let hasEnded = false;
  let ended = Promise.resolve();
  async function start(): Promise<void> {
    const [program = "", ...args] = await launch(port, folder);
    for (let attempt = 0; attempt < 400; attempt++) {
      // PostgreSQL ends at once as long as what SIGKILL left of the last one is still going.
      if (child === null || hasEnded) {
        hasEnded = false;
        // kfake ends with its input.
        child = new Deno.Command(program, {
          args,
          cwd: folder,
          stdin: "piped",
          stdout: "null",
          stderr: "null",
        }).spawn();
        const { stdin, status } = child;
        ended = status.then(() => {
          hasEnded = true;
          return stdin.close().catch(() => undefined);
        });
      }
      if (await isReachable(port)) return;
      await delay(50);
    }
    throw new Error(`${program} does not listen at port ${port} after 20 s`);
  }
  async function kill(): Promise<void> {
    if (!hasEnded) child?.kill("SIGKILL");
    await ended;
    child = null;
  }
  await start();
  return {
    port,
    folder,
    start,
    kill,
    signal: (signal) => child?.kill(signal),
    async [Symbol.asyncDispose]() {
      await kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function isReachable(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** Redis, which keeps what it was given. */
export async function startRedis(...more: readonly string[]): Promise<Broker> {
  const program = await programPath("redis-server");
  return await startBroker((port, folder) => [
    program!,
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always", ...more],
  ]);
}

/** NATS with JetStream. */
export async function startNats(...more: readonly string[]): Promise<Broker> {
  const program = await programPath("nats-server");
  return await startBroker((port, folder) => [
    program!,
    ...["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder, ...more],
  ]);
}

/** mosquitto, with further lines of its configuration. */
export async function startMosquitto(
  configuration: (port: number, folder: string) => string = (port) =>
    `listener ${port} 127.0.0.1\nallow_anonymous true\n`,
): Promise<Broker> {
  const program = await programPath("mosquitto");
  return await startBroker(async (port, folder) => {
    const path = join(folder, "mosquitto.conf");
    await Deno.writeTextFile(path, configuration(port, folder));
    // Started by root it would become another user, who may not read this folder.
    await Deno.writeTextFile(path, `user ${Deno.env.get("USER") ?? "root"}\n`, { append: true });
    return [program!, "-c", path];
  });
}

/** PostgreSQL with a user `sightline` that has no password, and a database of that name. */
export async function startPostgres(...more: readonly string[]): Promise<Broker> {
  const [postgres, initdb] = await Promise.all(["postgres", "initdb"].map(programPath));
  // It refuses to run as root.
  const asUser = Deno.uid() === 0
    ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    : [];
  return await startBroker(async (port, folder) => {
    const data = join(folder, "data");
    if (!await Deno.stat(data).then(() => true, () => false)) {
      if (asUser.length > 0) await run("chown", "postgres", folder);
      const options = ["--username=sightline", "--auth=trust", "--no-sync", "--encoding=UTF8"];
      const [program = "", ...args] = [...asUser, initdb!, "-D", data, ...options];
      await run(program, ...args);
    }
    return [
      ...[...asUser, postgres!, "-D", data, "-p", String(port), "-k", folder],
      ...["-c", "listen_addresses=127.0.0.1", ...more],
    ];
  });
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A Kafka broker in memory; its data ends with it. */
export async function startKafka(password?: string): Promise<Broker> {
  const { path } = await kafkaBroker();
  return await startBroker((port) => [
    path!,
    String(port),
    ...password === undefined ? [] : [password],
  ]);
}
