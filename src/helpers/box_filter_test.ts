import assert from "node:assert/strict";
import fc from "fast-check";
import { BoxFilter } from "./box_filter.ts";

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
}

Deno.test("BoxFilter weighs the first two boxes as computed by hand", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.5, height: 1 });
  filter.predict(1);
  filter.update({ x: 0.5, y: 0, width: 0.5, height: 1 });
  // Position: 0.1² + 2² + 0.1² + 0.3²/3 = 4.05; with velocity: 2² + 0.3²/2 = 4.045.
  close(filter.box.x + filter.box.width / 2, 0.25 + 0.5 * 4.05 / 4.06, 1e-6);
  close(filter.velocity[0], 0.5 * 4.045 / 4.06, 1e-6);
  close(filter.velocity[1], 0, 1e-12);
});

Deno.test("BoxFilter agrees with the textbook's matrices over many boxes", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 1, height: 1 });
  const measured = 0.1 ** 2;
  let [value, velocity] = [0.5, 0];
  let [a, b, c, d] = [measured, 0, 0, 4]; // P, row by row
  for (const [at, x] of [0.1, 0.15, 0.4, 0.3, 0.7, 0.75].entries()) {
    const t = 0.1 * (at + 1);
    filter.predict(t);
    filter.update({ x, y: 0, width: 1, height: 1 });
    // F = [1 t; 0 1]: x = F·x, P = F·P·Fᵀ + Q, with Q of a drift and of a changing velocity.
    value += t * velocity;
    [a, b] = [a + t * c, b + t * d];
    [a, c] = [a + t * b, c + t * d];
    const q = 0.3 ** 2 * t;
    [a, b, c, d] = [a + 0.1 ** 2 * t + q * t ** 2 / 3, b + q * t / 2, c + q * t / 2, d + q];
    // K = P·Hᵀ / (H·P·Hᵀ + R) with H = [1 0]: x = x + K·surprise, P = (I − K·H)·P.
    const [k, l] = [a / (a + measured), c / (a + measured)];
    const surprise = x + 0.5 - value;
    [value, velocity] = [value + k * surprise, velocity + l * surprise];
    [a, b, c, d] = [(1 - k) * a, (1 - k) * b, c - l * a, d - l * b];
    close(filter.box.x + filter.box.width / 2, value, 1e-12);
    close(filter.velocity[0], velocity, 1e-12);
  }
});

Deno.test("BoxFilter finds a steady course at any frame interval", () => {
  for (const seconds of [1 / 30, 0.1, 1]) {
    const filter = new BoxFilter({ x: 0, y: 0.5, width: 0.1, height: 0.2 });
    for (let frame = 1; frame <= 20; frame++) {
      filter.predict(seconds);
      filter.update({ x: 0.1 * frame * seconds, y: 0.5, width: 0.1, height: 0.2 });
    }
    close(filter.velocity[0], 0.1, 0.01);
    filter.predict(1);
    close(filter.box.x, 0.1 * (20 * seconds + 1), 0.02);
  }
});

Deno.test("BoxFilter predicts over two steps as over one", () => {
  const [once, twice] = [1, 2].map(() => {
    const filter = new BoxFilter({ x: 0, y: 0, width: 0.1, height: 0.2 });
    filter.predict(0.1);
    filter.update({ x: 0.05, y: 0.02, width: 0.1, height: 0.2 });
    return filter;
  });
  once!.predict(0.4);
  twice!.predict(0.1);
  twice!.predict(0.3);
  close(once!.box.x, twice!.box.x, 1e-12);
  close(once!.box.y, twice!.box.y, 1e-12);
});

Deno.test("BoxFilter.distance() is measured in what is not known of the box", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.5, height: 1 });
  equalTo(filter, 0, 0);
  // 0.1² + 0.1²: of the box that was measured, and of the one to come.
  equalTo(filter, 0.1, 0.1 ** 2 / 0.02);
  filter.predict(1);
  equalTo(filter, 0.1, 0.1 ** 2 / 4.06);

  function equalTo(filter: BoxFilter, x: number, distance: number): void {
    close(filter.distance({ x, y: 0, width: 0.5, height: 1 }), distance, 1e-9);
  }
});

Deno.test("BoxFilter.holdSize() keeps the height", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.1, height: 0.1 });
  filter.predict(0.1);
  filter.update({ x: 0, y: 0, width: 0.2, height: 0.2 });
  const before = filter.box.height;
  filter.holdSize();
  filter.predict(5);
  assert.equal(filter.box.height, before);
});

Deno.test("BoxFilter stays finite whatever it is shown", () => {
  const side = fc.double({ min: -10, max: 10, noNaN: true });
  const size = fc.double({ min: 0, max: 10, noNaN: true });
  const step = fc.record({
    seconds: fc.double({ min: 0, max: 100, noNaN: true }),
    box: fc.option(fc.record({ x: side, y: side, width: size, height: size })),
  });
  fc.assert(fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
    const filter = new BoxFilter(steps[0]!.box ?? { x: 0, y: 0, width: 0, height: 0 });
    for (const { seconds, box } of steps) {
      filter.predict(seconds);
      if (box) filter.update(box);
      const { x, y, width, height } = filter.box;
      for (const value of [x, y, width, height, ...filter.velocity]) {
        assert.ok(Number.isFinite(value), String(value));
      }
      assert.ok(width > 0 && height > 0);
    }
  }));
});

Deno.test("BoxFilter.distance() takes what will be measured for as unsure as the box is high", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.1, height: 0.2 });
  // Twice 0.1 × 0.2, squared.
  close(
    filter.distance({ x: 0.05, y: 0, width: 0.1, height: 0.2 }),
    0.05 ** 2 / (2 * 0.02 ** 2),
    1e-9,
  );
});

Deno.test("BoxFilter trusts a box's shape by its own measure, over time too", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.5, height: 1 });
  filter.predict(1);
  filter.update({ x: 0, y: 0, width: 1, height: 1 });
  // Of the shape: (0.1 × 0.5)² + (0.05 × 0.5)² of what was known, (0.1 × 1)² of what was measured.
  const known = 0.05 ** 2 + 0.025 ** 2;
  close(filter.box.width / filter.box.height, 0.5 + 0.5 * known / (known + 0.01), 1e-9);
});

Deno.test("BoxFilter takes the first velocity for as unsure as the box is high", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.1, height: 0.5 });
  filter.predict(1);
  filter.update({ x: 0.2, y: 0, width: 0.1, height: 0.5 });
  // All as by hand for a box of height 1, times a half.
  close(filter.velocity[0], 0.2 * 4.045 / 4.06, 1e-9);
});

Deno.test("BoxFilter takes the first box as it is", () => {
  const box = { x: 0.1, y: 0.3, width: 0.2, height: 0.4 };
  const seen = new BoxFilter(box).box;
  for (const key of ["x", "y", "width", "height"] as const) close(seen[key], box[key], 1e-12);
});

Deno.test("BoxFilter.distance() says nothing of a box's shape", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.2, height: 0.4 });
  // The same centre and height.
  close(filter.distance({ x: -0.1, y: 0, width: 0.4, height: 0.4 }), 0, 1e-12);
});

Deno.test("BoxFilter trusts a narrow shape as far as it is narrow", () => {
  const filter = new BoxFilter({ x: 0, y: 0, width: 0.1, height: 1 });
  filter.update({ x: 0, y: 0, width: 0.2, height: 1 });
  // (0.1 × 0.1)² of what was known, (0.1 × 0.2)² of what was measured.
  close(filter.box.width, 0.1 + 0.1 * 0.01 ** 2 / (0.01 ** 2 + 0.02 ** 2), 1e-9);
});
