import { deepEqual, equal, throws } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { draftOf, person } from "../../tests/support/events.ts";
import { EventStore } from "./event_store.ts";

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
