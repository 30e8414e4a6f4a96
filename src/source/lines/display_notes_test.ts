import assert from "node:assert/strict";
import type { Display } from "../../frame/camera_packet.ts";
import { type DisplayLine, DisplayNotes } from "./display_notes.ts";

const video: DisplayLine = { kind: "codec", codec: "h264", pixelRatio: null };
const turned = (degrees: number): DisplayLine => ({ kind: "turn", degrees });

function displayOf(...lines: DisplayLine[]): Display | undefined {
  let last: Display | undefined;
  const notes = new DisplayNotes((display) => last = display);
  for (const line of lines) notes.onLine(line);
  return last;
}

Deno.test("DisplayNotes tell of nothing that the stream itself tells", () => {
  assert.equal(displayOf(video, turned(-0)), undefined);
  assert.equal(displayOf(video, { kind: "quarter", flipped: true }), undefined);
});

Deno.test("DisplayNotes know quarter turns by whole degrees, clockwise, and whether they mirror", () => {
  assert.equal(displayOf(video, turned(-90))?.turn, 270);
  assert.equal(displayOf(video, turned(180))?.turn, 180);
  assert.deepEqual(displayOf(video, turned(90.004), { kind: "quarter", flipped: true }), {
    turn: 90,
    flipped: true,
    pixelRatio: null,
  });
});

Deno.test("DisplayNotes keep what is said of other streams apart", () => {
  const wide: DisplayLine = { ...video, pixelRatio: "8:11" };
  assert.equal(displayOf(turned(90), video, wide, turned(180)), undefined);
  assert.equal(displayOf(wide, video, turned(180))?.pixelRatio, "8:11");
});

Deno.test("DisplayNotes tell of each change once, however far pictures are turned", () => {
  const told: Display[] = [];
  const notes = new DisplayNotes((display) => told.push(display));
  for (const line of [video, turned(450), turned(90), turned(-270)]) notes.onLine(line);
  for (const flipped of [false, true, true]) notes.onLine({ kind: "quarter", flipped });
  assert.deepEqual(told, [
    { turn: 90, flipped: false, pixelRatio: null },
    { turn: 90, flipped: true, pixelRatio: null },
  ]);
});

Deno.test("DisplayNotes do not know how pictures are mirrored that are turned by half or not at all", () => {
  const told: Display[] = [];
  const notes = new DisplayNotes((display) => told.push(display));
  notes.onLine(turned(180));
  assert.equal(notes.mayBeMirrored, false, "it is said of no video stream");
  notes.onLine(video);
  for (const [degrees, mayBe] of [[90, false], [0, true], [180, true], [270, false]] as const) {
    notes.onLine(turned(degrees));
    assert.equal(notes.mayBeMirrored, mayBe, `${degrees} degrees`);
  }
  notes.onLine(turned(180));
  notes.correct({ turn: 0, flipped: true });
  assert.equal(notes.mayBeMirrored, false);
  assert.deepEqual(told.at(-1), { turn: 0, flipped: true, pixelRatio: null });
});
