import assert from "node:assert/strict";
import { Journal } from "./journal.ts";

function words({ entries }: Journal): string[] {
  return entries.map(({ kind, words }) => `${kind}: ${words}`);
}

Deno.test("Journal keeps the newest 30 entries", () => {
  const journal = new Journal();
  for (let i = 0; i < 100; i++) journal.add("state", `number ${i}`);
  assert.equal(journal.entries.length, 30);
  assert.equal(journal.entries.at(-1)!.words, "number 99");
});

Deno.test("Journal says the same error once in a row, and each event", () => {
  const journal = new Journal();
  for (let i = 0; i < 3; i++) journal.add("error", "no route to host");
  const event = { type: "line_crossed", direction: "in", track_id: 7, path: [[0, 1]] };
  for (let i = 0; i < 2; i++) journal.addEvent(event);
  const line = "event: line crossed, direction in, track id 7";
  assert.deepEqual(words(journal), ["error: no route to host", line, line]);
});

Deno.test("Journal cuts what a plugin writes without end", () => {
  const journal = new Journal();
  journal.addEvent({ type: "x".repeat(100_000) });
  assert.equal(journal.entries[0]!.words.length, 200);
});

Deno.test("Journal writes down again what is of another kind, or comes after other words", () => {
  const journal = new Journal();
  journal.add("error", "a");
  journal.add("state", "a");
  journal.add("state", "b");
  journal.add("state", "a");
  assert.deepEqual(words(journal), ["error: a", "state: a", "state: b", "state: a"]);
  const [{ at } = { at: "" }] = journal.entries;
  assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000, at);
  journal.add("error", "x".repeat(201));
  assert.equal(journal.entries.at(-1)!.words.length, 200);
});

Deno.test("Journal tells of an event its texts, numbers and truths", () => {
  const journal = new Journal();
  journal.addEvent({ type: "alarm", is_open: false, level: 0, name: "", box: {}, none: null });
  assert.deepEqual(words(journal), ["event: alarm, is open false, level 0, name "]);
});
