import assert from "node:assert/strict";
import { CarriedCounters, type Family, type MetricSample } from "./carried_counters.ts";

interface Fake {
  readonly name: string;
  frames: number;
  waiting: number;
}

const frames: Family = { name: "frames_total", type: "counter", help: "Frames." };
const waiting: Family = { name: "waiting", type: "gauge", help: "Waiting." };

function read({ name, frames: count, waiting: length }: Fake): MetricSample[] {
  const labels = { stream: name };
  return [{ family: frames, labels, value: count }, { family: waiting, labels, value: length }];
}

function figures(counters: CarriedCounters<Fake>): string[] {
  return counters.collect().map(({ family, labels, value }) =>
    `${family.name} ${labels.stream} ${value}`
  );
}

Deno.test("CarriedCounters goes on counting where a source of the same name left off", () => {
  const counters = new CarriedCounters(read);
  const first = { name: "door", frames: 5, waiting: 2 };
  const left = counters.add("door", first);
  first.frames = 9;
  left[Symbol.dispose]();
  assert.deepEqual(figures(counters), []);
  counters.add("door", { name: "door", frames: 1, waiting: 0 });
  assert.deepEqual(figures(counters), ["frames_total door 10", "waiting door 0"]);
});

Deno.test("CarriedCounters adds up two of one name, each series once", () => {
  const counters = new CarriedCounters(read);
  const old = counters.add("door", { name: "door", frames: 5, waiting: 2 });
  counters.add("door", { name: "door", frames: 1, waiting: 7 });
  counters.add("yard", { name: "yard", frames: 3, waiting: 0 });
  const expected = [
    "frames_total door 6",
    "waiting door 7",
    "frames_total yard 3",
    "waiting yard 0",
  ];
  assert.deepEqual(figures(counters), expected);
  old[Symbol.dispose]();
  old[Symbol.dispose]();
  assert.deepEqual(figures(counters), expected);
});

Deno.test("CarriedCounters remembers a bounded number of names", () => {
  const counters = new CarriedCounters(read);
  const visit = (name: string) =>
    counters.add(name, { name, frames: 1, waiting: 0 })[Symbol.dispose]();
  visit("door");
  for (let i = 0; i < 1000; i++) visit(`stream${i}`);
  counters.add("door", { name: "door", frames: 1, waiting: 0 });
  counters.add("stream999", { name: "stream999", frames: 1, waiting: 0 });
  assert.deepEqual(figures(counters).filter((line) => line.startsWith("frames")), [
    "frames_total door 1",
    "frames_total stream999 2",
  ]);
});
