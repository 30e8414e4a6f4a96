/** What becomes of events while the server, the network, the disk or the clock fails. */

import { deepEqual, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { EventStore } from "../../src/events/event_store.ts";
import type { DeliveryCase } from "../../tests/support/delivery_cases.ts";
import { deliverOverFaults } from "../../tests/support/deliver_over_faults.ts";
import { poll } from "../../tests/support/poll.ts";
import { programPath, startWebhook } from "../../tests/support/with_brokers.ts";
import { withFiles } from "../../tests/support/with_files.ts";

const main = new URL("../../main.ts", import.meta.url).pathname;
const clip = new URL("../../demo/street.mp4", import.meta.url).pathname;

/** Ten events of each frame. */
const talker = `
export default () => ({
  input: { width: 32, height: 32 },
  preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
  postprocess: () => ({ events: Array.from({ length: 10 }, () => ({ type: "told" })) }),
});`;

type Log = (line: string) => void;

/** Rejects for the first fault that lost an event. */
export async function faults(kinds: readonly DeliveryCase[], log: Log): Promise<void> {
  for (const kind of kinds) {
    for (const [what, words] of Object.entries(await deliverOverFaults(kind))) {
      log(`fault ${what}, ${kind.name}: 0 lost, in order; meanwhile: ${words}`);
    }
  }
  const mayMount = Deno.uid() === 0 && await programPath("unshare") !== null;
  if (!mayMount) return log("DNS and full disks are left out: we may not mount here");
  for (const kind of kinds) {
    // Kafka's brokers say themselves under which addresses they are reached.
    if (kind.name !== "kafka") await nameMoves(kind, log);
  }
  await diskIsFull(log);
  if (await programPath("faketime") === null) return log("the clock is left out: no faketime");
  await clockIsSetBack(log);
}

/** The real program with what is mounted for it alone. */
class MountedRun implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  lines = "";
  readonly #reading: Promise<void>;

  constructor(mount: string, directory: string, sink: string, before: readonly string[] = []) {
    const child = this.#child = new Deno.Command("unshare", {
      args: [
        ...["-m", "sh", "-c", `${mount} && exec "$@"`, "sh", ...before],
        ...[Deno.execPath(), "run", "-A", "--no-check", main, "--stream_url", clip, "--fps", "15"],
        ...["--no_model", "--use_case", `${directory}/talker.js`, "--isolation", "worker"],
        ...["--data_dir", `${directory}/data`, "--sink", sink],
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        this.lines += text;
      }
    })();
  }

  /** A folder as the program sees it. */
  path(path: string): string {
    return `/proc/${this.#child.pid}/root${path}`;
  }

  async end(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#reading;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#reading;
  }
}

/** Hands on from an address of this machine, until it is closed with all its connections. */
function forward(hostname: string, port: number, to: number) {
  const listener = Deno.listen({ hostname, port });
  const open: Deno.Conn[] = [];
  const serve = async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
      open.push(client, server);
      client.readable.pipeTo(server.writable).catch(() => undefined);
      server.readable.pipeTo(client.writable).catch(() => undefined);
    }
  };
  serve().catch(() => undefined);
  return {
    port: (listener.addr as Deno.NetAddr).port,
    close() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It has ended.
        }
      }
    },
  };
}

async function nameMoves(kind: DeliveryCase, log: Log): Promise<void> {
  await using broker = await kind.start();
  await withFiles(
    { "talker.js": talker, hosts: "127.0.0.1 localhost events.test\n" },
    async (directory) => {
      const first = forward("127.0.0.3", 0, broker.port);
      const { port } = first;
      await Deno.writeTextFile(`${directory}/hosts`, "127.0.0.3 events.test\n");
      const mount = `mount --bind ${directory}/hosts /etc/hosts`;
      const url = kind.url(port).replace("127.0.0.1", "events.test");
      await using sightline = new MountedRun(mount, directory, url);
      const count = async () => (await kind.read(broker)).length;
      await poll(`${kind.name}: events arrive`, async () => await count() > 20, 60_000);
      await Deno.writeTextFile(`${directory}/hosts`, "127.0.0.4 events.test\n");
      const second = forward("127.0.0.4", port, broker.port);
      first.close();
      const before = await count();
      await poll(
        `${kind.name}: events arrive again`,
        async () => await count() > before + 20,
        60_000,
      );
      await sightline.end();
      second.close();
      using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
      const written = store.after(0, 1_000_000).map(({ event }) => event.id);
      const ids = [
        ...new Set((await kind.read(broker)).map(({ id }) => id)),
      ];
      deepEqual(ids, written);
      log(`fault DNS moved, ${kind.name}: ${written.length} events, 0 lost, in order`);
    },
  );
}
async function diskIsFull(log: Log): Promise<void> {
  await using receiver = await startWebhook();
  const url = `webhook+http://127.0.0.1:${receiver.port}/hook`;
  const got = async () => {
    const text = await Deno.readTextFile(`${receiver.folder}/events`).catch(() => "");
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).id);
  };
  await withFiles({ "talker.js": talker, "data/here": "" }, async (directory) => {
    const mount = `mount -t tmpfs -o size=6m none ${directory}/data`;
    await using sightline = new MountedRun(mount, directory, url);
    await poll("events arrive", async () => (await got()).length > 50, 60_000);
    const filler = sightline.path(`${directory}/data/filler`);
    await Deno.writeFile(filler, new Uint8Array(8 << 20)).catch(() => undefined);
    await poll("it is told", () => /no space|full/i.test(sightline.lines), 60_000);
    const during = (await got()).length;
    await delay(5000);
    await Deno.remove(filler);
    const after = (await got()).length;
    await poll("events arrive again", async () => (await got()).length > after + 100, 60_000);
    await delay(3000);
    await Deno.copyFile(sightline.path(`${directory}/data/events.db`), `${directory}/events.db`)
      .catch(() => undefined);
    await sightline.end();
    const ids = await got();
    const unique = new Set(ids).size;
    ok(unique > after);
    const words = sightline.lines.split("\n").filter((line) => /space|full|disk/i.test(line));
    log(
      `fault disk full: ${after - during} events arrived meanwhile, ${ids.length - unique} came ` +
        `twice; the log: ${words.slice(0, 2).join(" | ")}`,
    );
  });
}

async function clockIsSetBack(log: Log): Promise<void> {
  await using receiver = await startWebhook();
  const url = `webhook+http://127.0.0.1:${receiver.port}/hook`;
  await withFiles({ "talker.js": talker, offset: "+0\n" }, async (directory) => {
    const fake = [
      ...["env", `FAKETIME_TIMESTAMP_FILE=${directory}/offset`, "FAKETIME_CACHE_DURATION=1"],
      ...[
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
      ],
    ];
    const got = async () => {
      const text = await Deno.readTextFile(`${receiver.folder}/events`).catch(() => "");
      return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).id);
    };
    await using sightline = new MountedRun("true", directory, url, fake);
    await poll("events arrive", async () => (await got()).length > 100, 90_000);
    await Deno.writeTextFile(`${directory}/offset`, "-1h\n");
    const before = (await got()).length;
    await poll("events arrive", async () => (await got()).length > before + 300, 90_000);
    await sightline.end();
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 1_000_000).map(({ event }) => event);
    const ids = [...new Set(await got())];
    deepEqual(ids, written.slice(0, ids.length).map(({ id }) => id));
    const hours = written.map(({ at }) => Date.parse(at));
    const back = Math.max(...hours.map((ms, index) => (hours[index - 1] ?? ms) - ms)) / 60_000;
    log(
      `fault clock set back: ${ids.length} of ${written.length} events there, in order; ` +
        `their times go back ${back.toFixed(1)} min`,
    );
  });
}
