import { deepEqual } from "node:assert/strict";
import { EventStore } from "./event_store.ts";
import { EventTally } from "./event_tally.ts";

Deno.test("EventTally counts by type, and objects until they end", () => {
  using store = new EventStore(":memory:");
  const tally = new EventTally();
  const draft = (type: string, more: object) => ({
    type,
    at: "2026-11-29T10:00:00.000Z",
    stream: "door",
    use_case: null,
    sequence: null,
    ...more,
  });
  const tell = (type: string, more: object = {}) =>
    tally.note(store.append([draft(type, more)]).map(({ event }) => event));
  tell("stream_live");
  deepEqual([...tally.openObjects()], [["door", 0]]);
  for (const key of ["1", "2"]) tell("object_started", { opens: { key, endsAs: "object_ended" } });
  tell("object_ended", { closes: { key: "1" } });
  deepEqual([...tally.openObjects()], [["door", 1]]);
  tell("object_ended", { closes: { key: "2" } });
  tally.forget("door");
  deepEqual([...tally.openObjects()], []);
  deepEqual(Object.fromEntries(tally.types), {
    stream_live: 1,
    object_started: 2,
    object_ended: 2,
  });
  for (let n = 0; n < 200; n++) tell(`made_up_${n}`);
  deepEqual([tally.types.size, tally.types.get("other")], [101, 103]);
  // What has a name keeps it.
  tell("stream_live");
  deepEqual([tally.types.get("stream_live"), tally.types.get("other")], [2, 103]);
});
