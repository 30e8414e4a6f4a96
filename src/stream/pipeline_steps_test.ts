import { deepEqual, equal, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { frameOf } from "../../tests/support/samples.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { InferenceError, type InferenceSession } from "../inference/inference.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import { CameraClock } from "../source/clock/camera_clock.ts";
import type { SourceFrame } from "../source/source.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { DropReport } from "./drop_report.ts";
import { Health } from "./health.ts";
import type { ModelWatch } from "./model_watch.ts";
import { StreamMonitor } from "./monitor.ts";
import { OpenStays } from "./open_stays.ts";
import type { StreamParts } from "./parts.ts";
import { Pipeline } from "./pipeline.ts";

const never = new AbortController().signal;
const logger = getLogger("not configured");
const entered = { type: "zone_entered", zone: "yard", track_id: 7 };
const inputs = { x: { datatype: "UINT8", shape: [1], data: Uint8Array.of(1) } } as const;
const maxFrameAgeMs = 60_000;

type Asking = (inputs: unknown, options: { readonly signal: AbortSignal }) => unknown;

/** A pipeline of which each part tells what it is asked to do. */
function setUp(
  { live = true, executors = 1, bufferSize = 4, session = null as unknown, ...given }: {
    readonly live?: boolean;
    readonly executors?: number;
    readonly bufferSize?: number;
    readonly session?: unknown;
    readonly parts?: object;
    readonly host?: object;
    readonly infer?: Asking;
    readonly acquire?: (options: { readonly signal: AbortSignal }) => unknown;
  } = {},
) {
  const log: string[] = [];
  const records: AnalysisRecord[] = [];
  const say = (words: string) => void log.push(words);
  const monitor = new StreamMonitor({
    identity: { name: "door", source: "", use_case: "u", model: "" },
    ...{ logger, health: new Health(logger, ""), drops: new DropReport(logger, () => false) },
    ...{ viewers: () => 0, queueLength: () => 0, secondaryCounts: () => null },
  });
  const stays = new OpenStays();
  const parts = {
    config: { executors, bufferSize, maxFrameAgeMs },
    limits: { frames: null, durationMs: null, drainMs: 0 },
    monitor,
    clock: new CameraClock(),
    tracer: {
      begin: ({ sequence }: FrameInfo) => say(`${sequence} begins`),
      reached: (sequence: number, step: string) => say(`${sequence} ${step}`),
      ended: (sequence: number, reason: string | null) => say(`${sequence} ended ${reason}`),
    },
    sinks: {
      write(record: AnalysisRecord) {
        records.push(record);
        say(`${record.sequence} written`);
      },
      room: () => Promise.resolve(say("room")),
    },
    view: null,
    inference: {
      infer: given.infer ?? ((given: unknown) => Promise.resolve(given)),
      ...given.acquire && { acquire: given.acquire },
    },
    ...given.parts,
  } as unknown as StreamParts;
  const host = {
    name: "u",
    preprocess: () => Promise.resolve(inputs),
    postprocess: () => Promise.resolve({}),
    release: () => say("inputs released"),
    ...given.host,
  } as unknown as UseCaseHost;
  const models = {
    answered: () => say("model answered"),
    failed: (error: Error) => say(`model failed: ${error.message}`),
    unanswered: (sentAtMs: number) => {
      ok(sentAtMs > 0 && sentAtMs <= performance.now());
      say("model silent");
    },
  } as unknown as ModelWatch;
  const pipeline = new Pipeline(parts, host, models, session as InferenceSession, live, stays);
  const read = (more: Partial<SourceFrame> = {}): SourceFrame =>
    frameOf({
      ...{ capturedAtMs: Date.now(), data: Uint8Array.of(1) },
      release: () => say("pixels released"),
      full: { release: () => say("picture released"), crop: () => Promise.resolve(null) },
      ...more,
    });
  return {
    ...{ pipeline, log, records, monitor, stays, read, say },
    async run(...frames: Partial<SourceFrame>[]): Promise<string[]> {
      for (const frame of frames) pipeline.accept(read(frame));
      await pipeline.finish(never);
      pipeline[Symbol.dispose]();
      equal(monitor.requests, 0);
      equal(monitor.ledger.counts().in_flight, 0);
      return log;
    },
  };
}

Deno.test("Pipeline leads a frame through its steps, and gives back its pixels once they are not wanted", async () => {
  const view = { annotate: (_: unknown, analysis: Analysis) => say(`view ${analysis.data}`) };
  const host = { postprocess: () => Promise.resolve({ data: 5, events: [entered] }) };
  const { run, monitor, stays, records, say } = setUp({ parts: { view }, host });
  const begunMs = performance.now();
  deepEqual(await run({}), [
    ...["0 begins", "0 queue", "0 preprocess", "0 infer", "pixels released", "inputs released"],
    ...["model answered", "0 order", "0 postprocess", "picture released", "0 written", "view 5"],
    ...["0 sink", "0 ended null"],
  ]);
  equal(records[0]!.use_case, "u");
  const { preprocess, postprocess } = monitor.calls;
  const all = [preprocess.sum * 1000, postprocess.sum * 1000, monitor.inferences.recent().p50];
  const elapsedMs = performance.now() - begunMs;
  ok(all.every((ms) => ms >= 0 && ms <= elapsedMs), `${all} of ${elapsedMs} ms`);
  ok(monitor.ages.recent().p50 <= elapsedMs + 1);
  deepEqual([stays.lastFrame?.sequence, stays.close()[0]?.zone], [0, "yard"]);
});

Deno.test("Pipeline counts frames and time over all runs of a source, and shows the view its own stamps", async () => {
  const stamps: unknown[] = [];
  const view = { annotate: ({ ptsMs, sequence }: FrameInfo) => stamps.push([sequence, ptsMs]) };
  const { run, records } = setUp({ parts: { view }, live: false, executors: 2 });
  const capturedAtMs = Date.now();
  await run({ sequence: 5, ptsMs: 700, capturedAtMs }, { sequence: 0, ptsMs: 0, capturedAtMs });
  deepEqual(records.map(({ sequence }) => sequence), [0, 1]);
  ok(records[1]!.pts_ms > records[0]!.pts_ms);
  deepEqual(stamps, [[0, 700], [1, 0]]);
});

Deno.test("Pipeline drops what is still, too old or too much before it is looked at", async () => {
  const old = { capturedAtMs: Date.now() - maxFrameAgeMs - 1000 };
  const end = (reason: string) => [`0 ended ${reason}`, "pixels released"];
  for (const [frame, reason] of [[{ still: true }, "skipped"], [old, "too_old"]] as const) {
    const log = await setUp().run(frame);
    deepEqual(log, ["0 begins", "picture released", ...end(reason)]);
  }
  deepEqual((await setUp().run({ ...old, delayMs: 5000 })).at(-1), "0 ended null");
  const { run, monitor } = setUp({ bufferSize: 2 });
  const log = await run({}, {}, {});
  deepEqual(log.slice(3, 6), ["picture released", ...end("queue_full")]);
  deepEqual(monitor.ledger.counts().dropped.queue_full, 1);
});

Deno.test("Pipeline drops a frame that grew too old while it waited for a permit, and gives the permit back", async () => {
  const { now } = Date;
  const turn = Promise.withResolvers<void>();
  let permits = 0;
  const acquire = () => turn.promise.then(() => (permits++, { [Symbol.dispose]: () => permits-- }));
  const { run, monitor } = setUp({ acquire });
  const ran = run({});
  try {
    Date.now = () => now() + maxFrameAgeMs + 1000;
    turn.resolve();
    deepEqual(await ran, [
      ...["0 begins", "0 queue", "picture released", "0 ended too_old", "pixels released"],
    ]);
  } finally {
    Date.now = now;
  }
  deepEqual([permits, monitor.ledger.counts().dropped.too_old], [0, 1]);
});

Deno.test("Pipeline asks with its permit where one is needed, and with none where not", async () => {
  const permit = { [Symbol.dispose]: () => {} };
  for (const acquire of [undefined, () => Promise.resolve(permit)]) {
    const asked: { signal: AbortSignal; permit?: unknown }[] = [];
    const infer: Asking = (given, options) => (asked.push(options), Promise.resolve(given));
    await setUp({ infer, ...acquire && { acquire } }).run({});
    deepEqual(asked.map((options) => [options.permit, options.signal.aborted]), [
      [acquire && permit, false],
    ]);
  }
});

Deno.test("Pipeline lets what the use case or the model fails at cost that frame only", async () => {
  const before = setUp({ host: { preprocess: fails } });
  deepEqual((await before.run({})).slice(1), ["0 queue", "picture released", "0 ended error"]);
  equal(before.monitor.useCaseFailures, 1);
  const skips = setUp({ host: { preprocess: () => Promise.resolve(null) } });
  equal((await skips.run({})).at(-1), "0 ended skipped");
  const after = setUp({ host: { postprocess: fails } });
  deepEqual((await after.run({})).slice(-3), ["0 order", "picture released", "0 ended error"]);
  deepEqual([after.monitor.useCaseFailures, after.records.length], [1, 0]);
  const model = setUp({ infer: fails });
  deepEqual((await model.run({})).slice(3), [
    ...["model failed: no", "picture released", "0 ended error"],
  ]);
});

Deno.test("Pipeline waits for room in the sinks where the source can, and never for a camera", async () => {
  for (const live of [true, false]) {
    for (const host of [{}, { postprocess: fails }]) {
      equal((await setUp({ live, host }).run({})).includes("room"), !live);
    }
    const { pipeline } = setUp({ live });
    equal(pipeline.space() === undefined, live);
    await pipeline.finish(never);
  }
});

Deno.test("Pipeline asks a graph for its camera, and tells the use case of each new conversation", async () => {
  const told: unknown[] = [];
  const streams = [{}, {}];
  const asked: unknown[] = [];
  const session = {
    infer(given: unknown, capturedAtMs: number, signal: AbortSignal) {
      asked.push([given, capturedAtMs, signal.aborted]);
      return Promise.resolve({ outputs: {}, stream: streams[Number(asked.length > 2)] });
    },
  };
  const host = {
    session: (stream: unknown) => Promise.resolve(told.push(streams.indexOf(stream as object))),
  };
  const acquire = () => Promise.reject(new Error("a graph of its own needs none"));
  const capturedAtMs = Date.now();
  const { run, records } = setUp({ session, host, acquire });
  await run({ capturedAtMs }, { capturedAtMs }, { capturedAtMs });
  deepEqual(asked, Array(3).fill([inputs, capturedAtMs, false]));
  deepEqual(told, [0, 1]);
  equal(records.length, 3);
  equal((await setUp({ session }).run({})).at(-1), "0 ended null");
});

Deno.test("Pipeline takes a frame that a graph leaves out for no failure", async () => {
  const session = {
    infer: () => Promise.reject(new InferenceError("no_answer", "went on", "")),
  };
  const { run, monitor } = setUp({ session });
  deepEqual((await run({})).slice(3), [
    ...["model silent", "pixels released", "inputs released"],
    ...["picture released", "0 ended no_answer"],
  ]);
  equal(monitor.ledger.counts().dropped.no_answer, 1);
  const late = { infer: () => Promise.reject(new InferenceError("timeout", "late", "")) };
  const failing = setUp({ session: late });
  deepEqual((await failing.run({})).slice(3), [
    ...["model failed: late", "picture released", "0 ended error"],
  ]);
});

function fails(): Promise<never> {
  return Promise.reject(new Error("no"));
}

/** Rejects once the work on the frame is given up. */
function untilGivenUp(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason));
  return promise;
}

Deno.test("Pipeline tells a model that lets a deadline pass from a request that it gave up itself", async () => {
  const late = () => ({ capturedAtMs: Date.now() - maxFrameAgeMs + 250 });
  const infer: Asking = (_, { signal }) => untilGivenUp(signal);
  const silent = await setUp({ infer }).run(late());
  deepEqual(silent.slice(3).toSorted(), ["0 ended too_old", "model silent", "picture released"]);
  const session = { infer: (...[, , signal]: [0, 0, AbortSignal]) => untilGivenUp(signal) };
  const left = setUp({ session });
  await left.run(late());
  equal(left.monitor.ledger.counts().dropped.no_answer, 1);
  const aborted: string[] = [];
  const secondary = {
    idle: () => Promise.resolve(aborted.push("idle")),
    abort: () => aborted.push("abort"),
  };
  const { pipeline, read, log, monitor } = setUp({ infer, parts: { secondary } });
  for (const frame of [read(), read(), read()]) pipeline.accept(frame);
  const stop = new AbortController();
  const finished = pipeline.finish(stop.signal);
  await new Promise((resolve) => setTimeout(resolve));
  equal(pipeline.queueLength, 2);
  stop.abort();
  await finished;
  deepEqual(aborted, ["abort", "idle"]);
  deepEqual(log.filter((line) => /model|ended/.test(line)), [
    ...["1 ended skipped", "2 ended skipped", "0 ended error"],
  ]);
  deepEqual(monitor.ledger.counts().dropped, {
    ...{ queue_full: 0, too_old: 0, skipped: 2, no_answer: 0, error: 1 },
  });
});

Deno.test("Pipeline gives up waiting for a permit when it is told to", async () => {
  const acquire = ({ signal }: { readonly signal: AbortSignal }) => untilGivenUp(signal);
  const { pipeline, read, log } = setUp({ acquire });
  pipeline.accept(read());
  await pipeline.finish(AbortSignal.abort());
  deepEqual(log, ["0 begins", "picture released", "0 ended skipped"]);
});

Deno.test("Pipeline tells who makes pictures of a frame before what happened in it", async () => {
  const tell: { log?: string[] } = {};
  const media = {
    note: ({ sequence }: FrameInfo, stampMs: number, { data }: Analysis) =>
      void tell.log!.push(`${sequence} noted at ${stampMs}: ${data}`),
    sinceKeyMs: (stampMs: number) => stampMs / 10,
  };
  const host = { postprocess: () => Promise.resolve({ data: "told", events: [entered] }) };
  const plain = setUp({ parts: { media }, host });
  tell.log = plain.log;
  ok((await plain.run({ ptsMs: 700 })).includes("0 noted at 700: told"));
  equal(plain.stays.close()[0]?.zone, "yard");
  const scene = {
    update: (info: FrameInfo, told: Analysis, sinceKeyMs?: number) => ({
      ...{ analysis: { data: `${info.sequence} ${told.data} ${sinceKeyMs}` } },
      ...{ own: [{ ...entered, zone: "own" }], drafts: ["draft"] },
    }),
  };
  const tellEvent = (draft: unknown) => void tell.log!.push(`event ${draft}`);
  const followed = setUp({ parts: { media, scene, tellEvent }, host });
  tell.log = followed.log;
  const log = await followed.run({ ptsMs: 700 });
  const at = log.indexOf("0 noted at 700: 0 told 70");
  deepEqual(log[at + 1], "event draft");
  equal(followed.records[0]!.data, "0 told 70");
  equal(followed.stays.close()[0]?.zone, "own");
  equal((await setUp({ parts: { scene }, host }).run({})).at(-1), "0 ended null");
});

Deno.test("Pipeline shows a second model what the first found, and records what comes of it", async () => {
  for (const live of [true, false]) {
    const examined: unknown[] = [];
    const secondary = {
      idle: () => Promise.resolve(),
      submit({ full, ...rest }: { readonly full?: unknown }, record: (made: Analysis) => void) {
        examined.push([full !== undefined, rest]);
        record({ data: "both" });
        return Promise.resolve();
      },
    };
    const host = { postprocess: () => Promise.resolve({ data: "first" }) };
    const { run, records } = setUp({ live, parts: { secondary }, host });
    await run({ delayMs: 3 });
    const [[hasFull, { info, ...rest }]] = examined as [[boolean, { readonly info: FrameInfo }]];
    const wanted = { analysis: { data: "first" }, live, delayMs: 3, stampMs: 0, events: [] };
    deepEqual([hasFull, info.sequence, rest], [true, 0, wanted]);
    deepEqual(records.map(({ data }) => data), ["both"]);
  }
});

Deno.test("Pipeline records nothing of a use case that is too late, and keeps what it told of", async () => {
  const { now } = Date;
  const found = { label: "a", labelId: 0, confidence: 1, box: { x: 0, y: 0, width: 1, height: 1 } };
  for (const told of [{}, { events: [entered] }, { events: [entered], detections: [found] }]) {
    const kept: AnalysisRecord[] = [];
    const keepEvents = (record: AnalysisRecord) => void kept.push(record);
    const host = {
      postprocess() {
        Date.now = () => now() + maxFrameAgeMs + 1000;
        return Promise.resolve({ ...told, data: "late" });
      },
    };
    const { run, records, stays, monitor } = setUp({ host, parts: { keepEvents } });
    try {
      deepEqual((await run({})).slice(-3), [
        ...["0 postprocess", "picture released", "0 ended too_old"],
      ]);
    } finally {
      Date.now = now;
    }
    const rows = kept.map(({ events, detections, data }) => [events, detections.length, data]);
    const { events = [], detections = [] } = told as Analysis;
    deepEqual(rows, events.length === 0 ? [] : [[events, detections.length, null]]);
    deepEqual([records.length, stays.close().length], [0, events.length]);
    equal(monitor.ledger.counts().dropped.too_old, 1);
    const left = setUp({ host });
    try {
      equal((await left.run({})).at(-1), "0 ended too_old");
    } finally {
      Date.now = now;
    }
  }
});

Deno.test("Pipeline does without those who do not listen, and with frames that nobody has to give back", async () => {
  const { pipeline, records, monitor } = setUp({
    parts: { tracer: null },
    host: { release: undefined },
  });
  const bare = () => frameOf({ capturedAtMs: Date.now(), data: Uint8Array.of(1) });
  for (const frame of [bare(), { ...bare(), still: true }]) pipeline.accept(frame as SourceFrame);
  await pipeline.finish(never);
  pipeline[Symbol.dispose]();
  const { dropped } = monitor.ledger.counts();
  deepEqual([records.length, dropped.skipped, monitor.useCaseFailures], [1, 1, 0]);
  const session = { infer: () => Promise.reject(new InferenceError("no_answer", "", "")) };
  const left = setUp({ session, parts: { tracer: null }, host: { release: undefined } });
  left.pipeline.accept(bare());
  await left.pipeline.finish(never);
  equal(left.monitor.ledger.counts().dropped.no_answer, 1);
});
