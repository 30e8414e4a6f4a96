/**
 * The event log with many events in it: queries, writes during queries, retention, start.
 *
 *   deno task bench events [--events 10000000] [--seconds 20] [--folder DIR]
 *
 * With `--folder` the log is kept there, and a log that is there already is not filled again.
 */
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import type { EventDraft } from "../src/events/event.ts";
import { EventStore } from "../src/events/event_store.ts";

const { values: flags } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    seconds: { type: "string", default: "20" },
    folder: { type: "string" },
  },
});
const total = Number(flags.events);
const dayMs = 86_400_000;
const days = 30;
const beginMs = Date.parse("2026-10-30T00:00:00Z");
const streams = Array.from({ length: 64 }, (_, index) => `camera ${index}`);
const labels = ["person", "car", "bicycle", "dog", "truck", "cat"];
const types = ["object_started", "object_updated", "object_ended", "zone_entered", "zone_left"];

const folder = flags.folder ?? await Deno.makeTempDir({ prefix: "sightline_bench_" });
const path = `${folder}/events.db`;
const report: Record<string, unknown> = { events: total };
try {
  await Deno.mkdir(folder, { recursive: true });
  if (await Deno.stat(path).catch(() => null) === null) fill();
  report.gigabytes = round((await Deno.stat(path)).size / 1e9);
  const startMs = performance.now();
  using store = new EventStore(path);
  using reader = new EventStore(path, { readOnly: true });
  reader.find({ stream: streams[0]! }, 100);
  report.start_ms = round(performance.now() - startMs);

  report.latest_100_of_a_stream = times(300, () => reader.find({ stream: any(streams) }, 100));
  report.stream_label_day = times(300, () => {
    const fromMs = beginMs + Math.floor(Math.random() * (days - 1)) * dayMs;
    const query = { stream: any(streams), label: any(labels), fromMs, toMs: fromMs + dayMs };
    return reader.find(query, 100);
  });
  report.label_zone = times(100, () => reader.find({ label: any(labels), zone: "yard" }, 100));
  report.rare_type_of_a_stream = times(100, () => {
    return reader.find({ stream: any(streams), type: "stream_lost" }, 100);
  });
  report.counts_of_a_day_by_label = times(5, () => {
    const fromMs = beginMs + Math.floor(Math.random() * (days - 1)) * dayMs;
    return reader.counts("label", 3_600_000, { fromMs, toMs: fromMs + dayMs });
  });
  report.write_group_of_40 = await writeWhileAsked(store, Number(flags.seconds));
  report.remove_200 = times(50, () => store.removeBefore(beginMs + dayMs, 200));
  print(JSON.stringify(report, null, 2));
} finally {
  if (flags.folder === undefined) await Deno.remove(folder, { recursive: true });
}

/** Not what is measured: in large transactions, and indexed at the end. */
function fill(): void {
  const startMs = performance.now();
  using store = new EventStore(path);
  using database = new DatabaseSync(path);
  const indexes = database.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
  ).all();
  for (const { name } of indexes) database.exec(`DROP INDEX ${name}`);
  const size = 20_000;
  for (let at = 0; at < total; at += size) {
    store.append(Array.from({ length: Math.min(size, total - at) }, (_, index) => {
      return draftOf(beginMs + (at + index) / total * days * dayMs, at + index);
    }));
  }
  for (const { sql } of indexes) database.exec(String(sql));
  report.fill_s = round((performance.now() - startMs) / 1000);
}

function draftOf(atMs: number, sequence: number): EventDraft {
  const type = sequence % 100_003 === 0 ? "stream_lost" : any(types);
  return {
    type,
    at: new Date(atMs).toISOString(),
    stream: any(streams),
    use_case: "detector",
    sequence,
    object: {
      id: sequence >>> 3,
      label: any(labels),
      confidence: Math.random(),
      box: { x: 0.12345, y: 0.23456, width: 0.1, height: 0.3 },
    },
    ...(type.startsWith("zone") && { zone: sequence % 3 === 0 ? "yard" : "door" }),
  };
}

/** 2,000 events a second in groups of 20 ms; between them, a question of the same thread's reader. */
async function writeWhileAsked(store: EventStore, seconds: number) {
  const worker = new Worker(new URL("./events_asker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ path, streams });
  const durations: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let dueMs = performance.now(); dueMs < endMs; dueMs += 20) {
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const nowMs = Date.now();
    const startMs = performance.now();
    store.append(Array.from({ length: 40 }, (_, index) => draftOf(nowMs, index)));
    durations.push(performance.now() - startMs);
  }
  worker.terminate();
  return { ...quantiles(durations), a_second: Math.round(durations.length * 40 / seconds) };
}

function times(count: number, work: () => unknown) {
  const durations: number[] = [];
  for (let run = 0; run < count; run++) {
    const startMs = performance.now();
    work();
    durations.push(performance.now() - startMs);
  }
  return quantiles(durations);
}

function quantiles(durations: readonly number[]) {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor((sorted.length - 1) * share)]!);
  return { p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
}

function any<T>(list: readonly T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));
}
