import { equal } from "node:assert/strict";
import type { SightlineEvent } from "../events/event.ts";
import { type EventFilter, passes } from "./event_filter.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const event = {
  ...{ id: "1", type: "object_started", at: "2026-11-29T00:00:00.000Z", stream: "door" },
  ...{ use_case: null, sequence: null, zone: "yard" },
  object: { id: 1, label: "person", confidence: 0.5, box },
} satisfies SightlineEvent;
const { object: _, zone: __, ...bare } = event;

const rows: [filter: EventFilter, passes: boolean, barePasses: boolean][] = [
  [{}, true, true],
  [{ types: ["object_started"] }, true, true],
  [{ types: ["object_ended"] }, false, false],
  [{ types: [] }, false, false],
  [{ streams: ["gate", "door"] }, true, true],
  [{ streams: ["gate"] }, false, false],
  [{ labels: ["person"] }, true, false],
  [{ labels: ["car"] }, false, false],
  [{ zones: ["yard"] }, true, false],
  [{ zones: ["gate"] }, false, false],
  [{ minConfidence: 0.5 }, true, false],
  [{ minConfidence: 0.51 }, false, false],
  // Who asks for 0 asks for an event that has a confidence.
  [{ minConfidence: 0 }, true, false],
  [{ types: ["object_started"], streams: ["gate"] }, false, false],
];

for (const [filter, full, without] of rows) {
  Deno.test(`passes() by ${JSON.stringify(filter)}`, () => {
    equal(passes(event, filter), full);
    equal(passes(bare, filter), without);
  });
}
