import { deepEqual, equal } from "node:assert/strict";
import type { SightlineEvent } from "../../../events/event.ts";
import { ObjectBook } from "./object_book.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
let events = 0;

function eventOf(
  type: string,
  id: number | null,
  { stream = "door", label = "person", confidence = 0.5, ...more }: {
    readonly stream?: string;
    readonly label?: string;
    readonly confidence?: number;
  } & Partial<SightlineEvent> = {},
): SightlineEvent {
  return {
    ...{ id: `event ${++events}`, type, at: new Date(events).toISOString(), stream },
    ...{
      use_case: null,
      sequence: null,
      ...id !== null && { object: { id, label, confidence, box } },
    },
    ...more,
  };
}

const counts = (map: ReadonlyMap<string, number>) => Object.fromEntries(map);

Deno.test("ObjectBook knows who is there, and in which zones", () => {
  const book = new ObjectBook();
  const started = eventOf("object_started", 1);
  for (const event of [started, started]) book.note(event);
  book.note(eventOf("object_started", 2, { label: "car" }));
  book.note(eventOf("object_started", 1, { stream: "gate" }));
  for (const zone of ["yard", "path"]) book.note(eventOf("zone_entered", 1, { zone }));
  book.note(eventOf("zone_entered", 2, { zone: "yard", label: "car" }));
  deepEqual(counts(book.labelsOf("door")), { person: 1, car: 1 });
  deepEqual(counts(book.labelsOf("gate")), { person: 1 });
  deepEqual(counts(book.zonesOf("door")), { yard: 2, path: 1 });
  deepEqual(counts(book.zonesOf("gate")), {});
  // Neither who stays in a zone enters it, nor who enters none that is named.
  book.note(eventOf("zone_dwelt", 2, { zone: "gate" }));
  book.note(eventOf("zone_entered", 2));
  const left = book.note(eventOf("zone_left", 1, { zone: "yard" }));
  deepEqual([[...left!.zones], [...left!.entered]], [["path"], ["yard", "path"]]);
  deepEqual(counts(book.zonesOf("door")), { path: 1, yard: 1 });
  deepEqual([left!.startedId, left!.startedAt], [started.id, started.at]);
  equal(book.of("door").length, 2);
});

Deno.test("ObjectBook tells of an object that ends as it was then, and of it no more", () => {
  const book = new ObjectBook();
  book.note(eventOf("object_started", 1, { data: { stationary: true, top_confidence: 0.8 } }));
  book.note(eventOf("zone_entered", 1, { zone: "yard" }));
  const ended = book.note(eventOf("object_ended", 1, { confidence: 0.3, label: "cat" }));
  deepEqual([ended?.object.label, ended?.object.confidence, ended?.topConfidence], [
    "cat",
    0.3,
    0.8,
  ]);
  deepEqual([ended?.stationary, [...ended!.entered]], [true, ["yard"]]);
  deepEqual(book.of("door"), []);
  equal(book.note(eventOf("object_ended", 1)), null);
});

Deno.test("ObjectBook takes what was said last, and the greatest confidence of all", () => {
  const book = new ObjectBook();
  const top = (more: Parameters<typeof eventOf>[2], type = "object_updated") => {
    const { topConfidence, stationary } = book.note(eventOf(type, 1, more))!;
    return [topConfidence, stationary];
  };
  deepEqual(top({ confidence: 0.4 }, "object_started"), [0.4, false]);
  deepEqual(top({ confidence: 0.3, data: { stationary: true } }), [0.4, true]);
  deepEqual(top({ confidence: 0.6 }), [0.6, true]);
  deepEqual(top({ confidence: 0.2, data: { top_confidence: 0.9, stationary: false } }), [
    0.9,
    false,
  ]);
  deepEqual(top({ data: { top_confidence: "1", stationary: "yes" } }), [0.9, false]);
});

Deno.test("ObjectBook begins no object with what is told of one that it does not know", () => {
  const book = new ObjectBook();
  equal(book.note(eventOf("zone_entered", 1, { zone: "yard" })), null);
  equal(book.note(eventOf("alarm", null)), null);
  deepEqual(book.of("door"), []);
  // An update has all that there is to know.
  const updated = book.note(eventOf("object_updated", 1, { started_id: "first" }));
  equal(updated?.startedId, "first");
});

Deno.test("ObjectBook begins again with what is open, and knows which cameras are away", () => {
  const book = new ObjectBook();
  book.note(eventOf("object_started", 9));
  book.note(eventOf("stream_lost", null, { stream: "gate" }));
  deepEqual([book.isLive("door"), book.isLive("gate")], [true, false]);
  book.note(eventOf("stream_live", null, { stream: "gate" }));
  equal(book.isLive("gate"), true);
  book.reset([
    eventOf("zone_entered", 1, { zone: "yard" }),
    eventOf("stream_lost", null),
    eventOf("object_started", 1),
  ]);
  deepEqual(counts(book.zonesOf("door")), { yard: 1 });
  deepEqual([book.of("door").length, book.isLive("door")], [1, false]);
  book.reset([]);
  deepEqual([book.of("door"), book.isLive("door")], [[], true]);
});
