import { deepEqual, equal } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { collectLog } from "../../tests/support/log_lines.ts";
import { Deadlines } from "../deadlines.ts";
import { DeliveryError } from "./destination.ts";
import { RecordFeed, type RecordFeedOptions } from "./record_feed.ts";

/** A feed, and the lines that its destination took. */
function feedOf(overrides: Partial<RecordFeedOptions> = {}) {
  const taken: string[] = [];
  const feed = new RecordFeed({
    name: "d",
    destination: {
      sendRecords(lines) {
        taken.push(...lines);
        return Promise.resolve();
      },
    },
    streams: undefined,
    everyMs: 0,
    timeoutMs: 1000,
    deadlines: new Deadlines(),
    logger: getLogger("test"),
    mask: (text) => text,
    ...overrides,
  });
  return { feed, taken };
}

Deno.test("RecordFeed sends what it is given, of the streams that are wanted", async () => {
  const { feed, taken } = feedOf({ streams: ["a"] });
  for (const stream of ["a", "b", "a"]) feed.write({ stream }, `{"of":"${stream}"}`);
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual(taken, ['{"of":"a"}', '{"of":"a"}']);
  equal(feed.counts().written, 2);
  await feed[Symbol.asyncDispose]();
});

Deno.test("RecordFeed takes one record of each stream in every_ms", async () => {
  const { feed, taken } = feedOf({ everyMs: 60_000 });
  for (let round = 0; round < 3; round++) {
    for (const stream of ["a", "b"]) feed.write({ stream }, stream);
  }
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual(taken, ["a", "b"]);
  equal(feed.counts().accepted, 2);
  await feed[Symbol.asyncDispose]();
});

Deno.test("RecordFeed sends large records in several calls", async () => {
  const sizes: number[] = [];
  const { feed } = feedOf({
    destination: {
      sendRecords(lines) {
        sizes.push(lines.length);
        return Promise.resolve();
      },
    },
  });
  // 256 KiB are as much as goes in one.
  for (const kb of [200, 200, 20, 20, 600, 1, 128, 127, 128, 128]) {
    feed.write({ stream: "a" }, "x".repeat(kb << 10));
  }
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual(sizes, [1, 3, 1, 3, 2]);
  await feed[Symbol.asyncDispose]();
});

Deno.test("RecordFeed refuses what is over its bound, and counts all that is lost", async () => {
  using log = collectLog("feed");
  const hangs = { sendRecords: () => new Promise<void>(() => {}) };
  const { feed } = feedOf({ destination: hangs, capacityBytes: 25, logger: log.logger });
  for (let count = 0; count < 5; count++) feed.write({ stream: "a" }, "0123456789");
  const { accepted, written, lost, waiting } = feed.counts();
  deepEqual({ accepted, written, full: lost.full, waiting }, {
    accepted: 5,
    written: 0,
    full: 3,
    waiting: 2,
  });
  await feed[Symbol.asyncDispose]();
  deepEqual(feed.counts().lost, { full: 3, closed: 0, unwritten: 2 });
  // That it was given up is no fault of the destination.
  deepEqual(log.levelled, ["error: d: 5 of 5 records were lost"]);
});

Deno.test("RecordFeed takes what fits its bound to the byte, and has room again once it is sent", async () => {
  const { feed, taken } = feedOf({ capacityBytes: 20 });
  for (const text of ["0123456789", "9876543210", "x"]) feed.write({ stream: "a" }, text);
  equal(feed.counts().lost.full, 1);
  equal(feed.counts().waiting, 2);
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual([feed.counts().waiting, feed.counts().written], [0, 2]);
  for (const text of ["0123456789", "9876543210"]) feed.write({ stream: "a" }, text);
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual([taken.length, feed.counts().lost.full], [4, 1]);
  await feed[Symbol.asyncDispose]();
});

Deno.test("RecordFeed sends 500 records of a burst in one call", async () => {
  const calls: number[] = [];
  const { feed } = feedOf({
    destination: {
      sendRecords(lines) {
        calls.push(lines.length);
        return Promise.resolve();
      },
    },
  });
  for (let count = 0; count < 501; count++) feed.write({ stream: "a" }, "x");
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual(calls, [500, 1]);
  await feed[Symbol.asyncDispose]();
});

Deno.test("RecordFeed goes on behind what is refused, and says what was lost in the end", async () => {
  using log = collectLog("feed");
  let refuses = true;
  const { feed } = feedOf({
    logger: log.logger,
    destination: {
      sendRecords() {
        return refuses ? Promise.reject(new DeliveryError("refused", "no")) : Promise.resolve();
      },
    },
  });
  for (const text of ["a", "b"]) feed.write({ stream: "a" }, text);
  await feed.drain(AbortSignal.timeout(1000));
  refuses = false;
  feed.write({ stream: "a" }, "c");
  await feed.drain(AbortSignal.timeout(1000));
  const { accepted, written, lost, waiting } = feed.counts();
  deepEqual([accepted, written, lost.unwritten, waiting], [3, 1, 2, 0]);
  await feed[Symbol.asyncDispose]();
  deepEqual(log.levelled, ["error: d: 2 of 3 records were lost"]);
});

Deno.test("RecordFeed says once why a destination takes nothing, and keeps what waits", async () => {
  using log = collectLog("feed");
  const { promise, resolve } = Promise.withResolvers<void>();
  const { feed } = feedOf({
    logger: log.logger,
    mask: (text) => text.replace("secret", "***"),
    destination: {
      sendRecords() {
        setTimeout(resolve);
        return Promise.reject(new DeliveryError("unavailable", "away with a secret"));
      },
    },
  });
  feed.write({ stream: "a" }, "x");
  await promise;
  equal(feed.counts().waiting, 1);
  await feed[Symbol.asyncDispose]();
  equal(log.levelled.length, 2);
  equal(log.levelled[0], "error: d takes no records: away with a ***; 1 wait");
  equal(log.levelled[1], "error: d: 1 of 1 records were lost");
});

Deno.test("RecordFeed has nothing to say in the end when nothing was lost", async () => {
  using log = collectLog("feed");
  const { feed } = feedOf({ logger: log.logger });
  feed.write({ stream: "a" }, "x");
  await feed.drain(AbortSignal.timeout(1000));
  await feed[Symbol.asyncDispose]();
  deepEqual(log.levelled, []);
});

Deno.test("RecordFeed tries again until it is taken, and says it once", async () => {
  using log = collectLog("feed");
  let left = 3;
  const { feed, taken } = feedOf({
    logger: log.logger,
    // A time of its own, which is not one of those that pass at once.
    timeoutMs: 60_000,
    destination: {
      sendRecords(lines) {
        if (left-- > 0) return Promise.reject(new DeliveryError("unavailable", "away"));
        taken.push(...lines);
        return Promise.resolve();
      },
    },
  });
  const later = globalThis.setTimeout;
  try {
    // The seconds between are not waited for.
    globalThis.setTimeout = ((wake: () => void, ms: number) =>
      later(wake, ms === 1000 ? 0 : ms)) as typeof setTimeout;
    feed.write({ stream: "a" }, "x");
    await feed.drain(AbortSignal.timeout(10_000));
  } finally {
    globalThis.setTimeout = later;
  }
  deepEqual([taken, left], [["x"], -1]);
  await feed[Symbol.asyncDispose]();
  deepEqual(log.levelled, ["error: d takes no records: away; 1 wait"]);
});

Deno.test("RecordFeed takes the next record of a stream when every_ms are over, not before", async () => {
  const { feed, taken } = feedOf({ everyMs: 100 });
  const { now } = performance;
  try {
    for (const nowMs of [1000, 1099, 1100, 1199, 1200]) {
      performance.now = () => nowMs;
      feed.write({ stream: "a" }, String(nowMs));
    }
  } finally {
    performance.now = now;
  }
  await feed.drain(AbortSignal.timeout(1000));
  deepEqual(taken, ["1000", "1100", "1200"]);
  await feed[Symbol.asyncDispose]();
});
