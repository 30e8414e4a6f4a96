import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { EventDraft, SightlineEvent } from "./event.ts";
import {
  type EventPage,
  type EventPlace,
  type EventQuery,
  fits,
  fromCursor,
} from "./event_query.ts";
import { EventStore } from "./event_store.ts";

const box = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };

function draftOf(type: string, atMs: number, more: Partial<EventDraft> = {}): EventDraft {
  return {
    type,
    at: new Date(atMs).toISOString(),
    stream: "door",
    use_case: "detector",
    sequence: 1,
    ...more,
  };
}

const person = { id: 7, label: "person", confidence: 0.9, box };

Deno.test("EventStore gives back what it was given, newest first, page by page", () => {
  using store = new EventStore(":memory:");
  const drafts = Array.from({ length: 25 }, (_, at) => draftOf("seen", Math.floor(at / 3) * 1000));
  const ids = store.append(drafts).map(({ event }) => event.id);
  const found: string[] = [];
  let cursor: string | null = null;
  do {
    const page = store.find({}, 10, cursor === null ? null : fromCursor(cursor));
    found.push(...page.events.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  deepEqual(found, ids.toReversed());
  deepEqual(store.get(ids[3]!)?.at, "1970-01-01T00:00:01.000Z");
  equal(store.get("no id"), null);
  equal(store.size, 25);
});

Deno.test("EventStore finds by stream, type, label, zone, time, confidence and whether it is open", () => {
  using store = new EventStore(":memory:");
  store.append([
    draftOf("object_started", 1000, {
      object: person,
      opens: { key: "door 7", endsAs: "object_ended" },
    }),
    draftOf("zone_entered", 2000, { object: { ...person, confidence: 0.5 }, zone: "yard" }),
    draftOf("stream_lost", 3000, { stream: "gate", use_case: null, sequence: null }),
    draftOf("plate", 4000, { data: { label: "car", zone: "gate", confidence: 0.7 } }),
  ]);
  const types = (query: Parameters<EventStore["find"]>[0]) =>
    store.find(query, 10).events.map(({ type }) => type);
  deepEqual(types({ stream: "gate" }), ["stream_lost"]);
  deepEqual(types({ stream: "nowhere" }), []);
  deepEqual(types({ type: "plate" }), ["plate"]);
  deepEqual(types({ label: "person" }), ["zone_entered", "object_started"]);
  deepEqual(types({ label: "car", zone: "gate" }), ["plate"]);
  deepEqual(types({ zone: "yard" }), ["zone_entered"]);
  deepEqual(types({ fromMs: 2000, toMs: 4000 }), ["stream_lost", "zone_entered"]);
  deepEqual(types({ minConfidence: 0.7 }), ["plate", "object_started"]);
  deepEqual(types({ open: true }), ["object_started"]);
});

Deno.test("EventStore closes once what was opened, and says how long it was", () => {
  using store = new EventStore(":memory:");
  const opens = { key: "door 7", endsAs: "object_ended" };
  const [started] = store.append([draftOf("object_started", 1000, { object: person, opens })]);
  deepEqual(store.openKeys(), ["door 7"]);
  const end = draftOf("object_ended", 4500, {
    object: { ...person, confidence: 1 },
    closes: { key: "door 7" },
  });
  const [ended] = store.append([end, end]);
  equal(store.size, 2);
  equal(ended?.event.started_id, started?.event.id);
  equal(ended?.event.duration_ms, 3500);
  equal(ended?.event.object?.confidence, 1);
  deepEqual(store.openKeys(), []);
  deepEqual(store.append([end]), []);
});

Deno.test("EventStore ends what is opened again, and all that is open, with a reason", () => {
  using store = new EventStore(":memory:");
  const opens = { key: "door 7", endsAs: "object_ended" };
  const start = (atMs: number) => draftOf("object_started", atMs, { object: person, opens });
  const written = store.append([start(1000), start(2000)]);
  deepEqual(written.map(({ event: { type, reason } }) => [type, reason]), [
    ["object_started", undefined],
    ["object_ended", "replaced"],
    ["object_started", undefined],
  ]);
  // The clock was set back meanwhile.
  const [left, ...none] = store.closeAll("restart", new Date(500).toISOString());
  deepEqual(none, []);
  equal(left?.event.type, "object_ended");
  equal(left?.event.reason, "restart");
  equal(left?.event.at, new Date(2000).toISOString());
  equal(left?.event.duration_ms, 0);
  equal(left?.event.started_id, written[2]?.event.id);
  deepEqual(left?.event.object, person);
  equal(left?.event.use_case, "detector");
});

Deno.test("EventStore keeps open what survives a restart, as long as its stream is there", () => {
  using store = new EventStore(":memory:");
  const lost = (stream: string) =>
    draftOf("stream_lost", 1000, {
      stream,
      opens: { key: `stream ${stream}`, endsAs: "stream_live", survives: true },
    });
  store.append([lost("door"), lost("gate")]);
  const closed = store.closeAll("removed", new Date(2000).toISOString(), ["door"]);
  deepEqual(closed.map(({ event }) => [event.type, event.stream]), [["stream_live", "gate"]]);
  const live = draftOf("stream_live", 9000, { closes: { key: "stream door", always: true } });
  const [back, again] = store.append([live, live]);
  equal(back?.event.duration_ms, 8000);
  equal(again?.event.duration_ms, undefined);
});

Deno.test("EventStore writes all of a batch or nothing", () => {
  using store = new EventStore(":memory:");
  throws(() => store.append([draftOf("new_name", 0), { ...draftOf("seen", 0), at: "no time" }]));
  equal(store.size, 0);
  store.append([draftOf("new_name", 0)]);
  equal(store.find({ type: "new_name" }, 1).events.length, 1);
});

Deno.test("EventStore tells what came after an event, in the order in which it was written", () => {
  using store = new EventStore(":memory:");
  const written = store.append([3000, 1000, 2000].map((atMs) => draftOf("seen", atMs)));
  const seq = store.seqOf(written[0]!.event.id)!;
  deepEqual(store.after(seq, 10), written.slice(1));
  deepEqual(store.after(seq, 1), written.slice(1, 2));
  deepEqual(store.after(seq, 10, 1), written.slice(1, 2));
  equal(store.seqOf(crypto.randomUUID()), null);
});

Deno.test("EventStore counts by name and span", () => {
  using store = new EventStore(":memory:");
  store.append(
    [0, 10, 3_600_000, 3_600_001].map((atMs, at) =>
      draftOf("seen", atMs, { data: { label: at === 3 ? "car" : "person" } })
    ),
  );
  deepEqual(store.counts("label", 3_600_000, { stream: "door" }).map((row) => ({ ...row })), [
    { name: "person", fromMs: 0, count: 2 },
    { name: "car", fromMs: 3_600_000, count: 1 },
    { name: "person", fromMs: 3_600_000, count: 1 },
  ]);
  deepEqual(store.counts("zone", 1000, {}), []);
});

Deno.test("EventStore removes the oldest in bites, and nothing that is still open", () => {
  using store = new EventStore(":memory:");
  store.append([
    draftOf("object_started", 0, { object: person, opens: { key: "k", endsAs: "object_ended" } }),
    ...[1, 2, 3, 4].map((atMs) => draftOf("seen", atMs, { data: { label: `${atMs % 2}` } })),
    draftOf("seen", 3),
  ]);
  deepEqual(store.labels().toSorted(), ["0", "1", "person"]);
  equal(store.removeBefore(4, 10, null), 1);
  equal(store.removeBefore(4, 10, "0"), 1);
  equal(store.removeBefore(4, 1), 1);
  equal(store.removeBefore(4, 10), 1);
  equal(store.removeBefore(4, 10, "no such label"), 0);
  deepEqual(store.find({}, 9).events.map(({ type }) => type), ["seen", "object_started"]);
  equal(store.removeOldest(5), 1);
  const [ended] = store.append([draftOf("object_ended", 9, { closes: { key: "k" } })]);
  equal(ended?.event.duration_ms, 9);
});

Deno.test("EventStore removes no more than it takes where events share their files", () => {
  using store = new EventStore(":memory:");
  const ids = store.append([1, 2, 3].map((atMs) => draftOf("seen", atMs)))
    .map(({ event }) => event.id);
  const shared = { name: "day/shared.mp4", bytes: 1000 };
  for (const id of ids.slice(0, 2)) store.addFile(id, "clip", shared);
  store.addFile(ids[2]!, "clip", { name: "day/own.mp4", bytes: 1000 });
  equal(store.removeOldest(10, 900), 2, "both that share the file, which are enough");
  deepEqual(store.find({}, 9).events.map(({ id }) => id), [ids[2]]);
});

Deno.test("EventStore keeps the books whatever is opened, closed, lost and started again", () => {
  const key = fc.constantFrom("a", "b", "c");
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("open" as const), key }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("close" as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), key }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using store = new EventStore(":memory:");
      const all: SightlineEvent[] = [];
      const isOpen = new Set<string>();
      for (const [at, { kind, key }] of steps.entries()) {
        const now = new Date(at * 1000).toISOString();
        if (kind === "open") {
          const draft = draftOf("zone_entered", at * 1000, { data: { key } });
          const written = store.append([{ ...draft, opens: { key, endsAs: "zone_left" } }]);
          equal(written.length, isOpen.has(key) ? 2 : 1);
          all.push(...written.map(({ event }) => event));
          isOpen.add(key);
        } else if (kind === "close") {
          const written = store.append([draftOf("zone_left", at * 1000, { closes: { key } })]);
          equal(written.length, isOpen.has(key) ? 1 : 0);
          all.push(...written.map(({ event }) => event));
          isOpen.delete(key);
        } else if (kind === "restart") {
          all.push(...store.closeAll("restart", now).map(({ event }) => event));
          isOpen.clear();
        } else store.removeOldest(1);
        deepEqual(new Set(store.openKeys()), isOpen);
      }
      const starts = all.filter(({ type }) => type === "zone_entered").map(({ id }) => id);
      const ends = all.filter(({ type }) => type === "zone_left").map(({ started_id }) =>
        started_id!
      );
      equal(new Set(ends).size, ends.length, "nothing ends twice");
      ok(ends.every((id) => starts.includes(id)));
      equal(starts.length - ends.length, isOpen.size);
    }),
    { numRuns: 60 },
  );
});

Deno.test("EventStore refuses a log that a newer Sightline wrote, and says what it knows", async () => {
  const path = await Deno.makeTempFile({ suffix: ".db" });
  try {
    using newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 99");
    throws(() => new EventStore(path), {
      name: "NewerLogError",
      message: `Cannot use the event log ${path}: it has version 99, known is up to 3; ` +
        "use a newer Sightline, or another --data_dir",
    });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("EventStore may be read while another writes", async () => {
  const path = await Deno.makeTempFile({ suffix: ".db" });
  try {
    using store = new EventStore(path);
    using reader = new EventStore(path, { readOnly: true });
    store.append([draftOf("seen", 0)]);
    equal(reader.find({ stream: "door" }, 5).events.length, 1);
    store.append([draftOf("seen", 1, { stream: "gate" })]);
    equal(reader.find({ stream: "gate" }, 5).events.length, 1);
  } finally {
    for (const ending of ["", "-wal", "-shm"]) await Deno.remove(path + ending).catch(() => {});
  }
});

Deno.test("EventStore removes a file with the last event that has it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using store = new EventStore(`${folder}/events.db`);
    const [first, second, third] = store.append([1, 2, 3].map((at) => draftOf("seen", at)))
      .map(({ event }) => event.id);
    const shared = { name: "day/shared.jpg", bytes: 1000 };
    const own = { name: "day/own.jpg", bytes: 500 };
    await Deno.mkdir(`${folder}/media/day`, { recursive: true });
    for (const { name } of [shared, own]) await Deno.writeTextFile(`${folder}/media/${name}`, "x");
    const before = store.usedBytes;
    ok(store.addFile(first!, "snapshot", shared));
    ok(store.addFile(second!, "snapshot", shared));
    ok(store.addFile(third!, "snapshot", own));
    ok(!store.addFile(crypto.randomUUID(), "snapshot", own));
    equal(store.usedBytes, before + 1500);
    deepEqual(store.fileOf(second!, "snapshot"), shared);
    equal(store.fileOf(second!, "clip"), null);
    deepEqual(store.knownFiles(["day/own.jpg", "day/other.jpg"]), ["day/own.jpg"]);
    const shown = () => [...Deno.readDirSync(`${folder}/media/day`)].map(({ name }) => name).sort();

    equal(store.removeBefore(2, 10), 1);
    deepEqual(shown(), ["own.jpg", "shared.jpg"]);
    equal(store.removeOldest(10, 800), 1, "the second one has more bytes than are to go");
    deepEqual(shown(), ["own.jpg"]);
    equal(store.usedBytes, before + 500);
    deepEqual(store.find({ has: "snapshot" }, 10).events.map(({ id }) => id), [third]);
    equal(store.find({ has: "clip" }, 10).events.length, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("EventStore closes without the pictures of what began", () => {
  using store = new EventStore(":memory:");
  store.append([draftOf("object_started", 1, {
    snapshot: true,
    clip: { before_s: 1, after_s: 1 },
    opens: { key: "a", endsAs: "object_ended" },
  })]);
  const [ended] = store.closeAll("restart", new Date(2).toISOString());
  deepEqual([ended!.event.snapshot, ended!.event.clip], [undefined, undefined]);
});

Deno.test("EventStore says whether there is another page, to the last event", () => {
  using store = new EventStore(":memory:");
  store.append([1, 2, 3].map((atMs) => draftOf("seen", atMs)));
  deepEqual([store.find({}, 3).cursor, store.find({}, 4).cursor], [null, null]);
  const { events, cursor } = store.find({}, 2);
  equal(events.length, 2);
  const rest = store.find({}, 2, fromCursor(cursor!));
  deepEqual([rest.events.length, rest.cursor], [1, null]);
});

Deno.test("EventStore numbers events on, and reserves numbers under a name once", () => {
  using store = new EventStore(":memory:");
  equal(store.lastSeq(), 0);
  const [first] = store.append([draftOf("seen", 1)]);
  deepEqual([store.lastSeq(), store.seqOf(first!.event.id)], [first!.seq, first!.seq]);
  equal(store.removeOldest(1), 1);
  equal(store.lastSeq(), first!.seq, "also of what is gone");
  const [second] = store.append([draftOf("seen", 2)]);
  equal(second!.seq, first!.seq + 1);
  store.numberAbove(50);
  equal(store.append([draftOf("seen", 3)])[0]!.seq, 1_000_051);
  deepEqual([store.reserve("a", 10), store.reserve("a", 2), store.reserve("b", 1)], [1, 11, 1]);
  store.reserveAbove("a", 100);
  equal(store.reserve("a", 1), 100);
});

Deno.test("EventStore takes events, files and what is open from another log, once each", () => {
  using from = new EventStore(":memory:");
  using to = new EventStore(":memory:");
  const opens = { key: "k", endsAs: "object_ended" };
  const rows = from.append([
    draftOf("object_started", 1, { object: person, opens }),
    draftOf("seen", 2),
  ]);
  equal(to.restore(rows), 2);
  equal(to.restore(rows), 0);
  deepEqual(to.after(0, 9), rows);
  // Another event has that number already.
  const [taken] = from.append([draftOf("seen", 3)]);
  equal(to.restore([{ ...taken!, seq: rows[0]!.seq }]), 0);
  to.restoreOpen("k", rows[0]!.seq, "object_ended", false);
  to.restoreOpen("gone", 999, "object_ended", false);
  to.restoreOpen("lasts", rows[1]!.seq, "found", true);
  deepEqual(to.openKeys(), ["k", "lasts"]);
  deepEqual(
    to.closeAll("restart", new Date(5).toISOString(), ["door"]).map(({ event }) => event.type),
    [
      "object_ended",
    ],
  );
  const file = { kind: "snapshot", name: "a.jpg", bytes: 3 } as const;
  to.restoreFiles([{ seq: rows[0]!.seq, ...file }, { seq: 999, ...file, name: "b.jpg" }]);
  deepEqual(to.knownFiles(["a.jpg", "b.jpg"]), ["a.jpg"]);
});

Deno.test("EventStore closes what is open on one stream, with what began it", () => {
  using store = new EventStore(":memory:");
  store.append(["door", "gate"].map((stream) =>
    draftOf("zone_entered", 1000, {
      ...{ stream, zone: "yard", reason: "r", data: { a: 1 } },
      opens: { key: stream, endsAs: "zone_left" },
    })
  ));
  const [left, ...more] = store.closeStream("gate", "removed", new Date(3000).toISOString());
  deepEqual(more, []);
  const { type, stream, zone, reason, data, duration_ms, sequence } = left!.event;
  deepEqual([type, stream, zone, reason, data, duration_ms, sequence], [
    ...["zone_left", "gate", "yard", "removed", undefined, 2000, 1],
  ]);
  deepEqual(store.openKeys(), ["door"]);
});

Deno.test("EventStore tells what outlives it once, and each first picture", () => {
  using store = new EventStore(":memory:");
  const opens = { key: "k", endsAs: "stream_live" };
  const lost = (survives: boolean) => draftOf("stream_lost", 1, { opens: { ...opens, survives } });
  equal(store.append([lost(true)]).length, 1);
  equal(store.append([lost(true)]).length, 0);
  deepEqual(store.append([lost(false)]).map(({ event }) => event.type), [
    ...["stream_live", "stream_lost"],
  ]);
  deepEqual(store.closeAll("stop", new Date(2).toISOString(), ["door"]).length, 1);
});

Deno.test("EventStore finds what a naive list finds, whatever is asked", () => {
  const word = fc.constantFrom("a", "b", "c");
  const event = fc.record({
    stream: word,
    type: word,
    label: fc.option(word),
    zone: fc.option(word),
    confidence: fc.option(fc.integer({ min: 0, max: 4 }).map((n) => n / 4)),
    atMs: fc.integer({ min: 0, max: 9 }),
  });
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const query = fc.record({
    stream: maybe(word),
    type: maybe(word),
    label: maybe(word),
    zone: maybe(word),
    fromMs: maybe(fc.integer({ min: 0, max: 9 })),
    toMs: maybe(fc.integer({ min: 0, max: 9 })),
    minConfidence: maybe(fc.integer({ min: 0, max: 4 }).map((n) => n / 4)),
  });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 25 }),
      fc.array(query, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (given, queries, limit) => {
        using store = new EventStore(":memory:");
        const written = store.append(
          given.map(({ atMs, type, stream, zone, label, confidence }) =>
            draftOf(type, atMs, {
              stream,
              ...(zone !== null && { zone }),
              data: {
                ...(label !== null && { label }),
                ...(confidence !== null && { confidence }),
              },
            })
          ),
        );
        const newest = given.map((event, at) => ({ ...event, ...written[at]! }))
          .sort((a, b) => b.atMs - a.atMs || b.seq - a.seq);
        for (const asked of queries) {
          const expected = newest.filter((one) =>
            (asked.stream ?? one.stream) === one.stream && (asked.type ?? one.type) === one.type &&
            (asked.label ?? one.label) === one.label && (asked.zone ?? one.zone) === one.zone &&
            one.atMs >= (asked.fromMs ?? 0) && one.atMs < (asked.toMs ?? 99) &&
            (asked.minConfidence === undefined ||
              one.confidence !== null && one.confidence >= asked.minConfidence)
          ).map(({ event }) => event.id);
          const found: string[] = [];
          let cursor: string | null = null;
          do {
            const page = store.find(
              clean(asked),
              limit,
              cursor === null ? null : fromCursor(cursor),
            );
            ok(page.events.length <= limit);
            found.push(...page.events.map(({ id }) => id));
            cursor = page.cursor;
          } while (cursor !== null);
          deepEqual(found, expected);
          for (const by of ["type", "stream", "label", "zone"] as const) {
            const counted = store.counts(by, 3, clean(asked));
            const total = counted.reduce((sum, { count }) => sum + count, 0);
            equal(
              total,
              newest.filter((one) => expected.includes(one.event.id) && one[by] !== null).length,
            );
            ok(counted.every(({ fromMs }) => fromMs % 3 === 0));
          }
        }
      },
    ),
    { numRuns: 100 },
  );

  function clean(query: object): EventQuery {
    return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
  }
});

Deno.test("EventStore has no page of nothing", () => {
  using store = new EventStore(":memory:");
  store.append([draftOf("seen", 1)]);
  deepEqual(store.find({}, 0), { events: [], cursor: null });
});

Deno.test("EventStore finds all but what is left out, page by page, newest first", () => {
  const type = fc.constantFrom("a", "b", "c", "unheard_of");
  const label = fc.constantFrom("cat", "dog", "owl");
  const event = fc.record({
    type,
    label: fc.option(label),
    stream: fc.constantFrom("door", "yard"),
    at: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(fc.property(
    fc.array(event, { maxLength: 40 }),
    fc.record({
      notTypes: fc.array(type, { maxLength: 3 }),
      notLabels: fc.array(label, { maxLength: 3 }),
      stream: fc.constantFrom("door", "yard"),
      type,
      label,
    }, { requiredKeys: [] }),
    (events, query) => {
      using store = new EventStore(":memory:");
      const written = store.append(events.map(({ type, label, stream, at }): EventDraft => ({
        type,
        at: new Date(at).toISOString(),
        stream,
        use_case: null,
        sequence: null,
        ...(label !== null && { data: { label } }),
      })));
      const found: string[] = [];
      let before: EventPlace | null = null;
      do {
        const page: EventPage = store.find(query, 3, before);
        found.push(...page.events.map(({ id }) => id));
        before = page.cursor === null ? null : fromCursor(page.cursor);
      } while (before !== null);
      const wanted = written.filter(({ event }) => fits(event, query))
        .sort((a, b) => Date.parse(b.event.at) - Date.parse(a.event.at) || b.seq - a.seq);
      deepEqual(found, wanted.map(({ event }) => event.id));
      const names = store.names(0);
      deepEqual(names.type, [...new Set(events.map(({ type }) => type))].sort());
    },
  ));
});
