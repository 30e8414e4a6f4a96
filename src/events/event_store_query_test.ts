/** What is found in the event store, and counted. */

import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { draftOf, person } from "../../tests/support/events.ts";
import type { EventDraft } from "./event.ts";
import {
  type EventPage,
  type EventPlace,
  type EventQuery,
  fits,
  fromCursor,
  toQuery,
} from "./event_query.ts";
import { EventStore } from "./event_store.ts";

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

Deno.test("EventStore says whether there is another page, to the last event", () => {
  using store = new EventStore(":memory:");
  store.append([1, 2, 3].map((atMs) => draftOf("seen", atMs)));
  deepEqual([store.find({}, 3).cursor, store.find({}, 4).cursor], [null, null]);
  const { events, cursor } = store.find({}, 2);
  equal(events.length, 2);
  const rest = store.find({}, 2, fromCursor(cursor!));
  deepEqual([rest.events.length, rest.cursor], [1, null]);
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

Deno.test("toQuery() asks for what was given, by the names that the store has, and for no more", () => {
  deepEqual(toQuery({}), {});
  deepEqual(
    toQuery({ not_type: undefined, not_label: undefined, from: undefined, open: false }),
    {},
  );
  const given = {
    ...{ stream: "door", type: "seen", label: "", zone: "yard", not_type: ["a"], not_label: [] },
    ...{ from: 0, to: 9, min_confidence: 0, open: true, has: "clip" as const },
  };
  deepEqual(toQuery(given), {
    ...{ stream: "door", type: "seen", label: "", zone: "yard", notTypes: ["a"], notLabels: [] },
    ...{ fromMs: 0, toMs: 9, minConfidence: 0, open: true, has: "clip" },
  });
});
