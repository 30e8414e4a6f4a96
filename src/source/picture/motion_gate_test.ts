import assert from "node:assert/strict";
import { MotionGate, motionSize } from "./motion_gate.ts";

const { width, height } = motionSize;

/** A grey picture with a bright square of so many cells each way, and noise. */
function picture(grey: number, { at = 0, square = 0, noise = 0 } = {}): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    const inside = x >= at && x < at + square && y >= 10 && y < 10 + square;
    return (inside ? 220 : grey) + Math.round((Math.random() - 0.5) * 2 * noise);
  });
}

const share = (cells: number) => cells / (width * height);

Deno.test("MotionGate lets the first picture pass, and none without motion, noise or not", () => {
  const gate = new MotionGate({ threshold: share(4), holdMs: 0 });
  assert.equal(gate.passes(picture(80), 0), true);
  for (let i = 1; i < 100; i++) assert.equal(gate.passes(picture(80, { noise: 9 }), i * 40), false);
});

Deno.test("MotionGate passes what changes as much as the threshold says", () => {
  const gate = new MotionGate({ threshold: share(9), holdMs: 0 });
  gate.passes(picture(80), 0);
  assert.equal(gate.passes(picture(80, { square: 2 }), 40), false);
  assert.equal(gate.passes(picture(80, { square: 3 }), 80), true);
  assert.equal(gate.passes(picture(80), 120), false);
});

Deno.test("MotionGate goes on for the hold-off, on the stream's clock", () => {
  const gate = new MotionGate({ threshold: 0, holdMs: 1000 });
  gate.passes(picture(80), 5000);
  assert.equal(gate.passes(picture(80), 5040), false);
  assert.equal(gate.passes(picture(80, { square: 4 }), 5080), true);
  assert.equal(gate.passes(picture(80), 6080), true);
  assert.equal(gate.passes(picture(80), 6120), false);
});

Deno.test("MotionGate sees what moves too slowly to change a cell from one picture to the next", () => {
  const gate = new MotionGate({ threshold: share(4), holdMs: 0 });
  let passed = 0;
  for (let i = 0; i < 100; i++) {
    // Fades in over four seconds: a picture differs from the one before by 1.4 of 255.
    const cells = picture(80);
    for (let x = 20; x < 30; x++) cells[10 * width + x] = 80 + Math.round(i * 1.4);
    if (gate.passes(cells, i * 40)) passed++;
  }
  assert.ok(passed > 50, `${passed} of 100`);
});

Deno.test("MotionGate takes light for light, sudden or slow", () => {
  const gate = new MotionGate({ threshold: share(4), holdMs: 0 });
  gate.passes(picture(80), 0);
  for (let i = 1; i < 200; i++) {
    const grey = 80 + Math.round(i / 2) - (i > 100 ? 60 : 0);
    assert.equal(gate.passes(picture(grey, { noise: 3 }), i * 40), false, `${i}`);
  }
});

Deno.test("MotionGate forgets what has stayed, and begins anew when the clock was set back", () => {
  const gate = new MotionGate({ threshold: share(4), holdMs: 0 });
  gate.passes(picture(80), 60_000);
  const parked = picture(80, { square: 4 });
  assert.equal(gate.passes(parked, 60_040), true);
  for (let i = 2; i < 500; i++) gate.passes(parked, 60_000 + i * 40);
  assert.equal(gate.passes(parked, 90_000), false);
  assert.equal(gate.passes(picture(80, { square: 8 }), 0), true);
  assert.equal(gate.passes(picture(80, { square: 8 }), 40), false);
});

Deno.test("MotionGate keeps no ghost of what it saw once", () => {
  const gate = new MotionGate({ threshold: share(4), holdMs: 0 });
  const passed = [0, 4].map((square, i) => gate.passes(picture(80, { square }), i * 4000));
  assert.deepEqual(passed, [true, true]);
  assert.equal(gate.passes(picture(80), 8000), false);
});

/** Whether each picture passes whose one cell is as bright as this, so many milliseconds apart. */
function passing(levels: readonly number[], apartMs: number): boolean[] {
  const gate = new MotionGate({ threshold: 0, holdMs: 0 });
  gate.passes(picture(80), 0);
  return levels.map((level, index) => {
    const cells = picture(80);
    cells[7] = level;
    return gate.passes(cells, (index + 1) * apartMs);
  });
}

Deno.test("MotionGate takes a change of 16 levels for motion, either way, and less for noise", () => {
  assert.deepEqual([95, 96, 65, 64].map((level) => passing([level], 1)[0]), [
    ...[false, true, false, true],
  ]);
});

Deno.test("MotionGate gets used to ten levels a second, and to no more from one picture to the next", () => {
  for (const level of [116, 44]) {
    const stays = Array(4).fill(level);
    for (const apartMs of [1000, 5000]) {
      assert.deepEqual(passing(stays, apartMs), [true, true, true, false], `${apartMs} ms`);
    }
    assert.deepEqual(passing([...stays, level, level], 500), [
      ...[true, true, true, true, true, false],
    ]);
  }
});

Deno.test("MotionGate passes as many moving cells as its threshold, and one less not", () => {
  const cells = width * height;
  for (const [moving, passes] of [[23, false], [24, true]] as const) {
    const gate = new MotionGate({ threshold: 24 / cells, holdMs: 0 });
    gate.passes(picture(80), 0);
    assert.equal(gate.passes(picture(80), 0), false, "another at the same time");
    assert.equal(gate.passes(picture(80).fill(120, 0, moving), 40), passes);
  }
});
