/** What the event store removes, and which files go with it. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { draftOf, person } from "../../tests/support/events.ts";
import { EventStore } from "./event_store.ts";

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
