/** What begins ends once: the books of the event store. */

import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { draftOf, person } from "../../tests/support/events.ts";
import type { SightlineEvent } from "./event.ts";
import { EventStore } from "./event_store.ts";

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
