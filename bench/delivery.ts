/**
 * Delivery, against receivers of ours: how fast what waited goes out, whether anything is lost while
 * the program is killed, and what ten minutes' outage costs.
 *
 *   deno task bench delivery [drain] [kill] [outage] [--kills 20] [--minutes 10]
 */

import { deepEqual } from "node:assert/strict";
import process from "node:process";
import { parseArgs } from "node:util";
import { EventStore } from "../src/events/event_store.ts";
import { killWhileDelivering } from "../tests/support/kill_while_delivering.ts";
import { runSightline } from "../tests/support/run_sightline.ts";
import { WebhookReceiver } from "../tests/support/webhook_receiver.ts";
import { withDelivery } from "../tests/support/with_delivery.ts";
import { withFiles } from "../tests/support/with_files.ts";
import { startCameras } from "./streams.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "20" },
    minutes: { type: "string", default: "10" },
    events: { type: "string", default: "10000" },
  },
});
const wants = (part: string) => positionals.length === 0 || positionals.includes(part);
// deno-lint-ignore no-console
const log = (line: string) => console.log(line);

/** Ids in the order in which they came, out of batches and single events; each body is read once. */
function idReader({ requests }: WebhookReceiver): () => readonly string[] {
  const ids: string[] = [];
  let read = 0;
  return () => {
    for (; read < requests.length; read++) {
      const parsed = JSON.parse(requests[read]!.body);
      ids.push(...(Array.isArray(parsed) ? parsed : [parsed]).map(({ data }) => data.id));
    }
    return ids;
  };
}

async function drain(format: string, streams: number): Promise<void> {
  let isUp = false;
  await using receiver = new WebhookReceiver({
    answer: () => new Response(null, { status: isUp ? 204 : 503 }),
  });
  const names = Array.from({ length: streams }, (_, index) => `camera${index}`);
  const box = { x: 0.1, y: 0.1, width: 0.2, height: 0.3 };
  const object = { id: 1, label: "person", confidence: 0.9, box };
  await withDelivery({ url: receiver.url, format, retry: ["500ms"] }, async (delivery) => {
    const { tell, outbox } = delivery;
    await tell(Number(values.events), { zone: "drive", object });
    isUp = true;
    const cpu = process.cpuUsage();
    const before = outbox.counts().delivered;
    while (outbox.counts().delivered === before) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const beginMs = performance.now();
    await outbox.drain(AbortSignal.timeout(300_000));
    const seconds = (performance.now() - beginMs) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const { delivered } = outbox.counts();
    log(
      `drain ${format}, ${streams} streams: ${Math.round(delivered / seconds)} a second, ` +
        `${Math.round((user + system) / delivered)} µs of CPU an event, receiver included`,
    );
  }, { streams: names });
}

async function kill(): Promise<void> {
  await using receiver = new WebhookReceiver();
  const kills = Number(values.kills);
  const { written, repeated } = await killWhileDelivering({
    sink: receiver.url,
    kills,
    received: idReader(receiver),
    window: 16,
  });
  log(`kill: ${kills} × SIGKILL, ${written} events, 0 lost, in order, ${repeated} came twice`);
}

const shape = { width: 640, height: 360, fps: 25 };

/** 25 frames a second with two events each. */
const talker = `
export default () => ({
  input: { width: 32, height: 32 },
  preprocess: () => ({ x: { datatype: "INT32", shape: [1], data: Int32Array.of(0) } }),
  postprocess: () => ({ events: [{ type: "told" }, { type: "told" }] }),
});`;

async function outage(): Promise<void> {
  const seconds = 60 * Number(values.minutes);
  const away = new WebhookReceiver();
  const { port, url } = away;
  await away[Symbol.asyncDispose]();
  await using cameras = await startCameras(shape, 1);
  const yaml = `
streams:
  yard:
    stream_url: ${cameras.url("cam0")}
    no_model: true
    use_case: ./talker.js
    isolation: worker
    sink: {webhook: {url: "${url}", format: cloudevents_batch, retry: [2s]}}
data_dir: data
benchmark: true
limit_duration: ${seconds + 30}s
`;
  await withFiles({ "s.yaml": yaml, "talker.js": talker }, async (directory) => {
    await using sightline = runSightline(["--config", `${directory}/s.yaml`], {
      timeoutMs: (seconds + 120) * 1000,
    });
    await sightline.waitForLine(/takes no events/);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    await using receiver = new WebhookReceiver({ port });
    const ids = idReader(receiver);
    const line = await sightline.waitForLine(/takes events again after/);
    const beginMs = performance.now();
    const [, missed] = /; (\d+) wait/.exec(line)!;
    while (ids().length < Number(missed)) await new Promise((resolve) => setTimeout(resolve, 20));
    const drainS = (performance.now() - beginMs) / 1000;
    const { code, stdout } = await sightline.result;
    using store = new EventStore(`${directory}/data/events.db`, { readOnly: true });
    const written = store.after(0, 10_000_000).map(({ event }) => event.id);
    deepEqual([...new Set(ids())], written);
    const { frames, age_ms } = JSON.parse(stdout);
    log(
      `outage of ${values.minutes} min at 50 events a second: exit code ${code}, ` +
        `${written.length} events, 0 lost, in order; ${missed} drained in ${
          drainS.toFixed(1)
        } s; ` +
        `frames ${JSON.stringify(frames)}, age ${JSON.stringify(age_ms)}`,
    );
  });
}

if (wants("drain")) {
  for (const format of ["standard", "cloudevents_batch"]) {
    for (const streams of [1, 16]) await drain(format, streams);
  }
}
if (wants("kill")) await kill();
if (wants("outage")) await outage();
