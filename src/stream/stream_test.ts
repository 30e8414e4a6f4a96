import assert from "node:assert/strict";
import fc from "fast-check";
import type { Frame } from "../frame/frame.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import { SourceError, type SourceReason } from "../source/source.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import type { StreamParts } from "./parts.ts";
import { frameOf } from "../../tests/support/samples.ts";
import {
  atOnce,
  type Fate,
  maxFrameAgeMs,
  oneFrame,
  play,
  scene,
} from "../../tests/support/played_stream.ts";

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

Deno.test("Stream takes a use case that cannot be opened at first for a mistake, and tries one again later", async () => {
  const { setTimeout } = globalThis;
  const refused = new UseCaseError("it wants another model");
  /** Opens use cases one after the other, or fails as is said; tells how many were asked for. */
  const playHosts = async (...failures: (Error | null)[]) => {
    const stale = new AbortController();
    const { parts } = oneByOne(1);
    let hosts = 0;
    const openUseCase = () => {
      const failure = failures[hosts++];
      if (failure) return Promise.reject(failure);
      const isFirst = hosts === 1;
      const onFrame = () => isFirst && setTimeout(() => stale.abort());
      return Promise.resolve(hostOf(`u${hosts}`, onFrame, isFirst ? { stale: stale.signal } : {}));
    };
    const more = { ...parts, openUseCase } as unknown as Partial<StreamParts>;
    return await play(oneFrame, atOnce, null, more).then(
      ({ state, useCase }) => [state, useCase?.name, hosts],
      (error) => [error, hosts],
    );
  };
  // The wait between two attempts is not waited for.
  globalThis.setTimeout = ((use: () => void, ms = 0) => {
    return setTimeout(use, ms >= 750 && ms <= 5000 ? 0 : ms);
  }) as typeof setTimeout;
  try {
    assert.deepEqual(await playHosts(refused), [refused, 1]);
    assert.deepEqual(await playHosts(null, refused, refused, null), ["ended", "u4", 4]);
    const broken = new TypeError("a bug");
    assert.deepEqual(await playHosts(null, broken, null), [broken, 2]);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});

Deno.test("Stream waits at its end for the live view, and not where another use case goes on", async () => {
  const stale = new AbortController();
  let hosts = 0;
  const openUseCase = () =>
    Promise.resolve(
      hostOf(`u${++hosts}`, () => stale.abort(), hosts === 1 ? { stale: stale.signal } : {}),
    );
  const drained: [hosts: number, stop: unknown][] = [];
  const view = {
    annotate: () => {},
    drain: (stop: unknown) => Promise.resolve(void drained.push([hosts, stop])),
  };
  const { parts } = oneByOne(1);
  const more = { ...parts, openUseCase, view } as unknown as Partial<StreamParts>;
  const { state } = await play(oneFrame, atOnce, null, more);
  assert.deepEqual([state, drained.map(([hosts]) => hosts)], ["ended", [2]]);
  assert.ok(drained[0]![1] instanceof AbortSignal);
});

Deno.test("Stream writes no record of stays where there are none", async () => {
  const { records, parts } = oneByOne(2);
  const openUseCase = ({ onReplaced }: { onReplaced: () => void }) =>
    Promise.resolve(hostOf("u", () => {}, {
      postprocess() {
        onReplaced();
        return {};
      },
    }));
  await play(oneFrame, atOnce, null, { ...parts, openUseCase } as unknown as Partial<StreamParts>);
  assert.deepEqual(typesOf(records), [["u"], ["u"]]);
});

Deno.test("Stream closes what is seen once no frame comes for as long as an object may be out of sight", async () => {
  const { setInterval, clearInterval } = globalThis;
  const { now } = performance;
  for (const lostAfterMs of [500, 4000]) {
    let look = () => {};
    let aheadMs = 0;
    const closed: string[] = [];
    const scene = {
      update: () => ({ analysis: {}, own: [], drafts: [] }),
      close: (reason: string) => [reason],
      forgetNumbers: () => {},
    };
    const { parts } = oneByOne(1);
    const write = parts.sinks.write;
    const sinks = {
      ...parts.sinks,
      write(record: AnalysisRecord) {
        write(record);
        setTimeout(() => {
          // It is looked once more than a second, and after so long.
          for (const ms of [0, Math.max(1000, lostAfterMs) - 50, 100]) {
            aheadMs += ms;
            look();
            closed.push("looked");
          }
        });
      },
    };
    const frames = async function* () {
      yield* parts.openSource().frames();
      while (closed.filter((one) => one === "looked").length < 3) {
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
    const more = {
      ...{ ...parts, sinks, scene, tellEvent: (draft: unknown) => void closed.push(String(draft)) },
      openSource: () => ({ live: false, returns: false, frames }),
      config: { ...configWith(1), scene: { objects: { lost_after_ms: lostAfterMs } } },
    };
    try {
      globalThis.setInterval = ((use: () => void) => {
        look = use;
        return 0;
      }) as unknown as typeof globalThis.setInterval;
      globalThis.clearInterval = () => {};
      performance.now = () => now.call(performance) + aheadMs;
      await play(oneFrame, atOnce, null, more as unknown as Partial<StreamParts>);
    } finally {
      Object.assign(globalThis, { setInterval, clearInterval });
      performance.now = now;
    }
    assert.deepEqual(closed, ["looked", "looked", "no_frames", "looked", "stream_ended"]);
  }
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
