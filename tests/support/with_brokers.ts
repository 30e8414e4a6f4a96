/** Real brokers on ports of their own, each for as long as a test takes; null where one is not installed. */

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "./free_port.ts";
import { kafkaBroker } from "./go_tools.ts";
import { descendants } from "./processes.ts";

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
    signal(signal) {
      // PostgreSQL answers by its children.
      for (const { pid } of child === null ? [] : descendants(child.pid)) Deno.kill(pid, signal);
      child?.kill(signal);
    },
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

/** What a broker asks of those who connect, and shows them; read anew at each start. */
export interface Secured {
  /** Of the user `user`. */
  password: string;
  /** Paths of PEM files. */
  cert: string;
  key: string;
}

/** How a broker is started; without a word it is open to all, without TLS. */
export interface BrokerOptions {
  readonly secured?: Secured;
  /** The port that clients are told, where the broker tells one. */
  readonly advertisedPort?: () => number;
}

/** Redis, which keeps what it was given. */
export async function startRedis({ secured }: BrokerOptions = {}): Promise<Broker> {
  const program = await programPath("redis-server");
  return await startBroker((port, folder) => [
    program!,
    ...["--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always"],
    ...secured === undefined ? ["--port", String(port)] : [
      ...["--port", "0", "--tls-port", String(port), "--requirepass", secured.password],
      ...["--tls-cert-file", secured.cert, "--tls-key-file", secured.key],
      ...["--tls-auth-clients", "no"],
    ],
  ]);
}

/** NATS with JetStream. */
export async function startNats({ secured }: BrokerOptions = {}): Promise<Broker> {
  const program = await programPath("nats-server");
  return await startBroker((port, folder) => [
    program!,
    ...["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder],
    ...secured === undefined ? [] : [
      ...["--user", "user", "--pass", secured.password],
      ...["--tls", "--tlscert", secured.cert, "--tlskey", secured.key],
    ],
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

/** mosquitto that asks for a password. */
export async function startSecuredMosquitto(secured: Secured): Promise<Broker> {
  const [program, passwords] = await Promise.all(
    ["mosquitto", "mosquitto_passwd"].map(programPath),
  );
  return await startBroker(async (port, folder) => {
    await run(passwords!, "-b", "-c", `${folder}/passwords`, "user", secured.password);
    const lines = [
      `listener ${port} 127.0.0.1`,
      ...[`certfile ${secured.cert}`, `keyfile ${secured.key}`],
      ...["allow_anonymous false", `password_file ${folder}/passwords`],
      `user ${Deno.env.get("USER") ?? "root"}`,
    ];
    await Deno.writeTextFile(`${folder}/mosquitto.conf`, `${lines.join("\n")}\n`);
    return [program!, "-c", `${folder}/mosquitto.conf`];
  });
}

/** PostgreSQL with the users `sightline` and `user`, and a database `postgres`. */
export async function startPostgres({ secured }: BrokerOptions = {}): Promise<Broker> {
  const [postgres, initdb] = await Promise.all(["postgres", "initdb"].map(programPath));
  // It refuses to run as root.
  const asUser = Deno.uid() === 0
    ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    : [];
  return await startBroker(async (port, folder) => {
    const data = join(folder, "data");
    const isNew = !await Deno.stat(data).then(() => true, () => false);
    if (isNew) {
      if (asUser.length > 0) await run("chown", "postgres", folder);
      const host = secured === undefined ? "trust" : "scram-sha-256";
      const options = ["--username=sightline", "--auth-local=trust", `--auth-host=${host}`];
      const [program = "", ...args] = [...asUser, initdb!, "-D", data, ...options];
      await run(program, ...args, "--no-sync", "--encoding=UTF8");
    }
    const settings = ["listen_addresses=127.0.0.1"];
    if (secured !== undefined) {
      // Only its owner may be able to read a key.
      for (const name of ["cert", "key"] as const) {
        await Deno.copyFile(secured[name], `${folder}/${name}.pem`);
        await run("chmod", "600", `${folder}/${name}.pem`);
        if (asUser.length > 0) await run("chown", "postgres", `${folder}/${name}.pem`);
        settings.push(`ssl_${name}_file=${folder}/${name}.pem`);
      }
      settings.push("ssl=on");
      const statement = isNew ? 'CREATE ROLE "user" SUPERUSER LOGIN' : 'ALTER ROLE "user"';
      const [program = "", ...args] = [...asUser, postgres!, "--single", "-D", data, "postgres"];
      await runWith(`${statement} PASSWORD '${secured.password}'\n`, program, ...args);
    }
    return [
      ...[...asUser, postgres!, "-D", data, "-p", String(port), "-k", folder],
      ...settings.flatMap((setting) => ["-c", setting]),
    ];
  });
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  await runWith("", program, ...args);
}

async function runWith(input: string, program: string, ...args: readonly string[]): Promise<void> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => undefined);
  await writer.close().catch(() => undefined);
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

/** A Kafka broker in memory; its data ends with it. */
export async function startKafka(
  { secured, advertisedPort }: BrokerOptions = {},
): Promise<Broker> {
  const { path } = await kafkaBroker();
  return await startBroker((port) => [
    ...[path!, "-port", String(port)],
    ...advertisedPort === undefined ? [] : ["-advertise", String(advertisedPort())],
    ...secured === undefined ? [] : [
      ...["-password", secured.password, "-cert", secured.cert, "-key", secured.key],
    ],
  ]);
}

/** A receiver of webhooks, which appends what it gets to the file `events` in its folder. */
export async function startWebhook({ secured }: BrokerOptions = {}): Promise<Broker> {
  const script = new URL("./webhook_process.ts", import.meta.url).pathname;
  return await startBroker((port, folder) => [
    ...[Deno.execPath(), "run", "--allow-all", "--no-check", script, String(port)],
    `${folder}/events`,
    JSON.stringify(
      secured === undefined ? {} : {
        authorization: `Bearer ${secured.password}`,
        cert: secured.cert,
        key: secured.key,
      },
    ),
  ]);
}
