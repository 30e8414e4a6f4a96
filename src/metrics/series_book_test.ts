import assert from "node:assert/strict";
import { type Family, type Sample, SeriesBook } from "./series_book.ts";

interface Fake {
  readonly name: string;
  frames: number;
  waiting: number;
}

const frames: Family = { name: "frames_total", type: "counter", help: "Frames." };
const waiting: Family = { name: "waiting", type: "gauge", help: "Waiting." };

function read({ name, frames: count, waiting: length }: Fake): Sample[] {
  const labels = { stream: name };
  return [{ family: frames, labels, value: count }, { family: waiting, labels, value: length }];
}

function figures(book: SeriesBook<Fake>): string[] {
  return book.collect().map(({ family, labels, value }) =>
    `${family.name} ${labels.stream} ${value}`
  );
}

Deno.test("SeriesBook goes on counting where a source of the same name left off", () => {
  const book = new SeriesBook(read);
  const first = { name: "door", frames: 5, waiting: 2 };
  const left = book.enter("door", first);
  first.frames = 9;
  left[Symbol.dispose]();
  assert.deepEqual(figures(book), []);
  book.enter("door", { name: "door", frames: 1, waiting: 0 });
  assert.deepEqual(figures(book), ["frames_total door 10", "waiting door 0"]);
});

Deno.test("SeriesBook adds up two of one name, each series once", () => {
  const book = new SeriesBook(read);
  const old = book.enter("door", { name: "door", frames: 5, waiting: 2 });
  book.enter("door", { name: "door", frames: 1, waiting: 7 });
  book.enter("yard", { name: "yard", frames: 3, waiting: 0 });
  const expected = [
    "frames_total door 6",
    "waiting door 7",
    "frames_total yard 3",
    "waiting yard 0",
  ];
  assert.deepEqual(figures(book), expected);
  old[Symbol.dispose]();
  old[Symbol.dispose]();
  assert.deepEqual(figures(book), expected);
});

Deno.test("SeriesBook remembers a bounded number of names", () => {
  const book = new SeriesBook(read);
  const visit = (name: string) =>
    book.enter(name, { name, frames: 1, waiting: 0 })[Symbol.dispose]();
  visit("door");
  for (let i = 0; i < 1000; i++) visit(`stream${i}`);
  book.enter("door", { name: "door", frames: 1, waiting: 0 });
  book.enter("stream999", { name: "stream999", frames: 1, waiting: 0 });
  assert.deepEqual(figures(book).filter((line) => line.startsWith("frames")), [
    "frames_total door 1",
    "frames_total stream999 2",
  ]);
});
