/** Streams of which every part is played: what becomes of frames that take how long. */

import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import fc from "fast-check";
import type { StreamConfig } from "../../src/stream/settings.ts";
import type { Frame } from "../../src/frame/frame.ts";
import type { Permit } from "../../src/inference/inference.ts";
import type { AnalysisRecord } from "../../src/sink/record.ts";
import { CameraClock } from "../../src/source/clock/camera_clock.ts";
import { DropReport } from "../../src/stream/drop_report.ts";
import { Health } from "../../src/stream/health.ts";
import { StreamMonitor } from "../../src/stream/monitor.ts";
import type { StreamParts } from "../../src/stream/parts.ts";
import { Stream } from "../../src/stream/stream.ts";
import { frameOf } from "./samples.ts";

/** A frame that is older is stale. */
export const maxFrameAgeMs = 60_000;

const logger = getLogger("not configured");

/** What may befall one frame. */
const fate = fc.record({
  stale: fc.boolean(),
  preprocess: fc.constantFrom("takes", "takes", "takes", "skips", "throws"),
  infer: fc.constantFrom("answers", "answers", "answers", "fails"),
  postprocess: fc.constantFrom("answers", "answers", "throws"),
});

/** What befalls one frame. */
export type Fate = typeof fate extends fc.Arbitrary<infer F> ? F : never;

/** A stream, and what befalls its frames. */
export interface Scene {
  readonly fates: readonly Fate[];
  readonly live: boolean;
  readonly executors: number;
  readonly bufferSize: number;
  /** Room at the model at once; null = always. */
  readonly permits: number | null;
}

/** Any. */
export const scene: fc.Arbitrary<Scene> = fc.record({
  fates: fc.array(fate, { maxLength: 40 }),
  live: fc.boolean(),
  executors: fc.integer({ min: 1, max: 5 }),
  bufferSize: fc.integer({ min: 1, max: 8 }),
  permits: fc.option(fc.integer({ min: 1, max: 3 })),
});

/** Runs a stream of which every part takes its time as the scheduler pleases. */
export async function play(
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

/** Everything goes on as soon as it can. */
export const atOnce = {
  schedule: <T>(value: Promise<T>) => value,
  waitFor: <T>(done: Promise<T>) => done,
} as unknown as fc.Scheduler;

/** A stream of one frame that comes through. */
export const oneFrame = {
  fates: [{ stale: false, preprocess: "takes", infer: "answers", postprocess: "answers" }],
  ...{ live: false, executors: 1, bufferSize: 1, permits: null },
} as const satisfies Scene;
