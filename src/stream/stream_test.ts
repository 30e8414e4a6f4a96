import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import fc from "fast-check";
import type { StreamConfig } from "./settings.ts";
import type { Frame } from "../frame/frame.ts";
import type { Permit } from "../inference/inference.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import { SourceError, type SourceReason } from "../source/source.ts";
import { CameraClock } from "../source/clock/camera_clock.ts";
import { DropReport } from "./drop_report.ts";
import { Health } from "./health.ts";
import { StreamMonitor } from "./monitor.ts";
import type { StreamParts } from "./parts.ts";
import { Stream } from "./stream.ts";
import { frameOf } from "../../tests/support/samples.ts";

const maxFrameAgeMs = 60_000;
const logger = getLogger("not configured");

/** What befalls one frame. */
const fate = fc.record({
  stale: fc.boolean(),
  preprocess: fc.constantFrom("takes", "takes", "takes", "skips", "throws"),
  infer: fc.constantFrom("answers", "answers", "answers", "fails"),
  postprocess: fc.constantFrom("answers", "answers", "throws"),
});
type Fate = typeof fate extends fc.Arbitrary<infer F> ? F : never;

interface Scene {
  readonly fates: readonly Fate[];
  readonly live: boolean;
  readonly executors: number;
  readonly bufferSize: number;
  /** Room at the model at once; null = always. */
  readonly permits: number | null;
}

const scene: fc.Arbitrary<Scene> = fc.record({
  fates: fc.array(fate, { maxLength: 40 }),
  live: fc.boolean(),
  executors: fc.integer({ min: 1, max: 5 }),
  bufferSize: fc.integer({ min: 1, max: 8 }),
  permits: fc.option(fc.integer({ min: 1, max: 3 })),
});

/** Runs a stream of which every part takes its time as the scheduler pleases. */
async function play(
  given: Scene,
  scheduler: fc.Scheduler,
  most: number | null = null,
  more: Partial<StreamParts> = {},
  inferenceOf: (inference: StreamParts["inference"]) => unknown = (inference) => inference,
) {
  const { fates, live, executors, bufferSize, permits } = given;
  const records: AnalysisRecord[] = [];
  const released = new Set<number>();
  const atWork = { now: 0, most: 0, permits: 0 };
  const later = <T>(value: T) => scheduler.schedule(Promise.resolve(value));
  const fateOf = ({ ptsMs }: { readonly ptsMs: number }) => fates[ptsMs]!;
  using drops = new DropReport(logger, () => false);
  using monitor = new StreamMonitor({
    identity: { name: "s", source: "", use_case: "u", model: "" },
    logger,
    health: new Health(logger, ""),
    drops,
    viewers: () => 0,
    queueLength: () => 0,
    secondaryCounts: () => null,
  });
  async function* frames(): AsyncGenerator<Frame> {
    for (const [ptsMs, { stale }] of fates.entries()) {
      await later(ptsMs);
      yield frameOf({
        ptsMs,
        capturedAtMs: Date.now() - (stale ? maxFrameAgeMs + 1 : 0),
        data: Uint8Array.of(ptsMs),
        release: () => assert.ok(!released.has(ptsMs) && released.add(ptsMs)),
      });
    }
  }
  const parts = {
    config: { executors, bufferSize, maxFrameAgeMs, source: { reconnectLimit: 1 } } as StreamConfig,
    limits: { frames: most, durationMs: null, drainMs: 1000 },
    logger,
    monitor,
    sinks: {
      write: (record: AnalysisRecord) => void records.push(record),
      room: () => Promise.resolve(),
      flush: () => Promise.resolve(),
    },
    view: null,
    clock: new CameraClock(),
    openSource: () => ({ live, returns: false, frames }),
    inference: inferenceOf(
      {
        description: "",
        metadata: () => Promise.resolve({ name: "m", version: "1", inputs: [], outputs: [] }),
        ready: () => Promise.resolve(true),
        ...(permits === null ? {} : { acquire: permitsOf(permits) }),
        async infer(inputs: Record<string, { data: unknown }>) {
          atWork.most = Math.max(atWork.most, ++atWork.now);
          const ptsMs = (inputs["x"]!.data as Uint8Array)[0]!;
          await later(ptsMs);
          atWork.now--;
          if (fateOf({ ptsMs }).infer === "fails") throw new Error("no");
          return inputs;
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      } as unknown as StreamParts["inference"],
    ),
    openUseCase: () =>
      Promise.resolve({
        name: "u",
        format: { pixelFormat: "gray", fit: "stretch" },
        async preprocess(frame: Frame) {
          await later(frame.ptsMs);
          if (fateOf(frame).preprocess === "throws") throw new Error("no");
          if (fateOf(frame).preprocess === "skips") return null;
          return { x: { datatype: "UINT8", shape: [1], data: frame.data } };
        },
        async postprocess(_outputs: unknown, frame: Frame) {
          await later(frame.ptsMs);
          if (fateOf(frame).postprocess === "throws") throw new Error("no");
          return {};
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    ...more,
  } as unknown as StreamParts;

  function permitsOf(limit: number): () => Promise<Permit> {
    const waiting: (() => void)[] = [];
    let taken = 0;
    return async function acquire() {
      if (taken >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      taken++;
      atWork.permits = Math.max(atWork.permits, taken);
      return {
        [Symbol.dispose]: () => {
          taken--;
          waiting.shift()?.();
        },
      };
    };
  }

  const never = new AbortController().signal;
  const stream = new Stream(parts);
  await scheduler.waitFor(stream.run(never, never));
  const { state } = monitor.health;
  const { secondaryCounts, useCase } = stream;
  return { records, counts: monitor.ledger.counts(), atWork, state, secondaryCounts, useCase };
}

Deno.test("Stream: whatever takes how long, the books are exact and records in order", async () => {
  await fc.assert(
    fc.asyncProperty(scene, fc.scheduler(), async (given, scheduler) => {
      const { fates, live, executors, permits } = given;
      const { records, counts, atWork } = await play(given, scheduler);
      const { received, processed, dropped, in_flight } = counts;
      assert.equal(received, fates.length);
      assert.equal(in_flight, 0);
      assert.equal(processed, records.length);
      const settled = processed + dropped.queue_full + dropped.too_old + dropped.skipped +
        dropped.no_answer + dropped.error;
      assert.equal(settled, fates.length);

      const numbers = records.map(({ sequence }) => sequence);
      assert.deepEqual(numbers, [...new Set(numbers)].toSorted((a, b) => a - b));
      assert.deepEqual(numbers, records.map(({ pts_ms }) => pts_ms), "none is another's");
      const good = fates.flatMap((fate, i) => live && fate.stale || !isGood(fate) ? [] : [i]);
      if (live) assert.ok(numbers.every((number) => good.includes(number)));
      else assert.deepEqual(numbers, good, "a source that can wait loses none");
      assert.equal(dropped.too_old, live ? fates.filter(({ stale }) => stale).length : 0);
      assert.ok(atWork.most <= executors && atWork.permits <= (permits ?? 0));
    }),
    { numRuns: 200 },
  );
});

function isGood({ preprocess, infer, postprocess }: Fate): boolean {
  return preprocess === "takes" && infer === "answers" && postprocess === "answers";
}

Deno.test("Stream reads as many frames as it may, and no more", async () => {
  const fates = Array.from({ length: 6 }, (): Fate => ({
    ...{ stale: false, preprocess: "takes", infer: "answers", postprocess: "answers" },
  }));
  const given = { fates, live: false, executors: 2, bufferSize: 3, permits: null };
  for (const frames of [1, 4, 6, 9]) {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { records, counts } = await play(given, scheduler, frames);
        assert.equal(records.length, Math.min(frames, 6));
        assert.equal(counts.received, Math.min(frames, 6));
      }),
      { numRuns: 3 },
    );
  }
});

Deno.test("Stream has ended once its source has, and counts nothing of a second model where there is none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const given = { fates: [], live: false, executors: 1, bufferSize: 1, permits: null };
      const { state, secondaryCounts } = await play(given, scheduler);
      assert.deepEqual([state, secondaryCounts], ["ended", null]);
    }),
    { numRuns: 1 },
  );
});

Deno.test("Stream has its scene told what it sees, and closes it with itself", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const fates: Fate[] = Array.from({ length: 3 }, () => ({
        ...{ stale: false, preprocess: "takes", infer: "answers", postprocess: "answers" },
      }));
      const seen: number[] = [];
      const told: unknown[] = [];
      const scene = {
        update(info: { readonly ptsMs: number }) {
          seen.push(info.ptsMs);
          return { analysis: { data: info.ptsMs }, own: [], drafts: [`seen ${info.ptsMs}`] };
        },
        close: (reason: string) => [reason],
        forgetNumbers: () => {},
      };
      const more = { scene, tellEvent: (draft: unknown) => void told.push(draft) };
      const given = { fates, live: false, executors: 2, bufferSize: 2, permits: null };
      const { records } = await play(
        given,
        scheduler,
        null,
        more as unknown as Partial<StreamParts>,
      );
      assert.deepEqual(seen, [0, 1, 2]);
      assert.deepEqual(told, ["seen 0", "seen 1", "seen 2", "stream_ended"]);
      assert.deepEqual(records.map(({ data }) => data), [0, 1, 2]);
      // Where nothing is told, nothing is missing.
      const quiet = { scene } as unknown as Partial<StreamParts>;
      assert.equal((await play(given, scheduler, null, quiet)).records.length, 3);
    }),
    { numRuns: 2 },
  );
});

/** Everything goes on as soon as it can. */
const atOnce = {
  schedule: <T>(value: Promise<T>) => value,
  waitFor: <T>(done: Promise<T>) => done,
} as unknown as fc.Scheduler;

const oneFrame = {
  fates: [{ stale: false, preprocess: "takes", infer: "answers", postprocess: "answers" }],
  ...{ live: false, executors: 1, bufferSize: 1, permits: null },
} as const satisfies Scene;

function configWith(reconnectLimit: number): StreamParts["config"] {
  return { executors: 1, bufferSize: 1, maxFrameAgeMs, source: { reconnectLimit } } as never;
}

Deno.test("Stream tries a source again that failed, with a new one, unless there is no ffmpeg", async () => {
  const play1 = async (reason: SourceReason, reconnectLimit: number) => {
    let opened = 0;
    const openSource = () => {
      const isFirst = ++opened === 1;
      return {
        ...{ live: false, returns: true, retryNow: AbortSignal.abort() },
        async *frames() {
          await Promise.resolve();
          if (isFirst) throw new SourceError(reason, "no", "hint");
          yield frameOf({ ptsMs: 0, data: Uint8Array.of(0), release() {} });
        },
      };
    };
    const more = { openSource, config: configWith(reconnectLimit) } as Partial<StreamParts>;
    return await play(oneFrame, atOnce, null, more).then(
      ({ records, state }) => [records.length, state, opened],
      (error) => [error.reason, opened],
    );
  };
  assert.deepEqual(await play1("refused", 2), [1, "ended", 2]);
  assert.deepEqual(await play1("refused", 1), ["refused", 1]);
  assert.deepEqual(await play1("ffmpeg_missing", 2), ["ffmpeg_missing", 1]);
});

/** A use case by which whoever is in the picture enters a zone. */
function hostOf(name: string, onFrame: () => void, more: object = {}) {
  return {
    ...{ name, format: { pixelFormat: "gray", fit: "stretch" } },
    preprocess: (frame: Frame) => ({ x: { datatype: "UINT8", shape: [1], data: frame.data } }),
    postprocess() {
      onFrame();
      return { events: [{ type: "zone_entered", zone: "yard", track_id: 7 }] };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...more,
  };
}

const typesOf = (records: readonly AnalysisRecord[]) =>
  records.map(({ use_case, events }) => [use_case, ...events.map(({ type }) => type)]);

/** Frames, each of which is read once the record of the one before is written. */
function oneByOne(count: number) {
  const records: AnalysisRecord[] = [];
  let written = Promise.withResolvers<void>();
  const sinks = {
    write(record: AnalysisRecord) {
      records.push(record);
      written.resolve();
    },
    ...{ room: () => Promise.resolve(), flush: () => Promise.resolve() },
  };
  async function* frames() {
    for (let ptsMs = 0; ptsMs < count; ptsMs++) {
      written = Promise.withResolvers();
      yield frameOf({ ptsMs, data: Uint8Array.of(0), release() {} });
      await written.promise;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  const openSource = () => ({ live: false, returns: false, frames });
  return { records, parts: { sinks, openSource } };
}

Deno.test("Stream lets objects leave their zones when their use case is replaced, and goes on with the next", async () => {
  const { records, parts } = oneByOne(1);
  const stale = new AbortController();
  let hosts = 0;
  const openUseCase = () => {
    const isFirst = ++hosts === 1;
    const host = hostOf(`u${hosts}`, () => {}, isFirst ? { stale: stale.signal } : {});
    return Promise.resolve(host);
  };
  const write = parts.sinks.write;
  const sinks = {
    ...parts.sinks,
    write(record: AnalysisRecord) {
      write(record);
      setTimeout(() => stale.abort());
    },
  };
  const more = { ...parts, sinks, openUseCase } as unknown as Partial<StreamParts>;
  const { state, useCase } = await play(oneFrame, atOnce, null, more);
  assert.deepEqual(typesOf(records), [
    ["u1", "zone_entered"],
    ["u1", "zone_left"],
    ["u2", "zone_entered"],
  ]);
  assert.deepEqual([state, useCase?.name, hosts], ["ended", "u2", 2]);
});

Deno.test("Stream lets objects leave their zones when its plugin was started again, which counts anew", async () => {
  const { records, parts } = oneByOne(2);
  const told: string[] = [];
  const openUseCase = ({ onRestart }: { onRestart: () => void }) =>
    Promise.resolve(hostOf("u", onRestart));
  const scene = {
    update: (_: unknown, analysis: { events: unknown[] }) => ({
      ...{ analysis, own: analysis.events, drafts: [] },
    }),
    close: () => [],
    forgetNumbers: () => void told.push("forgets"),
  };
  const more = { ...parts, openUseCase, scene } as unknown as Partial<StreamParts>;
  await play(oneFrame, atOnce, null, more);
  assert.deepEqual(told, ["forgets", "forgets"]);
  // Before the first record nobody was anywhere.
  const [entered, left] = [["u", "zone_entered"], ["u", "zone_left"]];
  assert.deepEqual(typesOf(records), [entered, left, entered]);
});

Deno.test("Stream asks for a conversation of its own where the use case does", async () => {
  const asked: unknown[] = [];
  const inferenceOf = (inference: StreamParts["inference"]) => ({
    ...inference,
    session({ asked: isAsked, outputs, maxAgeMs }: Record<string, unknown>) {
      asked.push([isAsked, outputs, maxAgeMs]);
      return null;
    },
  });
  for (const [live, more] of [[true, {}], [false, { session: true, outputs: ["a"] }]] as const) {
    const openUseCase = () => Promise.resolve(hostOf("u", () => {}, more));
    const parts = { openUseCase } as unknown as Partial<StreamParts>;
    await play({ ...oneFrame, live }, atOnce, null, parts, inferenceOf);
  }
  assert.deepEqual(asked, [[false, null, maxFrameAgeMs], [true, ["a"], null]]);
});
