import assert from "node:assert/strict";
import fc from "fast-check";
import { RgbaCanvas } from "./canvas.ts";
import { type Color, colorOfLabel } from "./color.ts";
import { drawAnalysis } from "./draw_analysis.ts";
import { loadTypefaces } from "./text.ts";

const typefaces = await loadTypefaces();

function blank(width: number, height: number): RgbaCanvas {
  return new RgbaCanvas({ width, height, data: new Uint8Array(width * height * 4).fill(100) });
}

function pixel({ width, data }: RgbaCanvas, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
}

function countOf(picture: RgbaCanvas, color: Color): number {
  let count = 0;
  for (let at = 0; at < picture.data.length; at += 4) {
    if (color.every((value, index) => picture.data[at + index] === value)) count++;
  }
  return count;
}

const person = { label: "person", labelId: 1, confidence: 0.98 };

Deno.test("drawAnalysis() draws a box where it is, and leaves its inside alone", () => {
  const picture = blank(400, 200);
  const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  drawAnalysis(picture, { detections: [{ ...person, box }] }, typefaces);
  const color = [...colorOfLabel("person")];
  for (const [x, y] of [[100, 100], [299, 100], [200, 149], [101, 148]] as const) {
    assert.deepEqual(pixel(picture, x, y), color, `at ${x},${y}`);
  }
  assert.deepEqual(pixel(picture, 200, 100), [100, 100, 100]);
  assert.deepEqual(pixel(picture, 303, 100), [100, 100, 100]);
});

Deno.test("drawAnalysis() writes the label above the box, inside of it at the upper edge", () => {
  for (const [y, captionTop] of [[0.5, 100 - typefaces.small.height], [0, 0]] as const) {
    const picture = blank(400, 200);
    const box = { x: 0.25, y, width: 0.5, height: 0.25 };
    drawAnalysis(picture, { detections: [{ ...person, box }] }, typefaces);
    const ground = pixel(picture, 102, captionTop + 3);
    assert.ok(
      ground.every((value, index) => Math.abs(value - colorOfLabel("person")[index]!) < 20),
    );
    let dark = 0;
    for (let x = 104; x < 200; x++) {
      for (let row = 3; row < 14; row++) {
        if (pixel(picture, x, captionTop + row)[2]! < 60) dark++;
      }
    }
    assert.ok(dark > 60, `only ${dark} pixels of letters`);
  }
});

Deno.test("drawAnalysis() draws annotations in their colour", () => {
  const picture = blank(200, 200);
  const points = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]] as const;
  drawAnalysis(
    picture,
    { annotations: [{ kind: "polyline", points, closed: true, color: "#ff0000" }] },
    typefaces,
  );
  for (const [x, y] of [[100, 20], [180, 100], [100, 100]] as const) {
    assert.deepEqual(pixel(picture, x, y), [255, 0, 0], `at ${x},${y}`);
  }
  assert.deepEqual(pixel(picture, 60, 140), [100, 100, 100]);
});

Deno.test("drawAnalysis() gives the same colour to a label everywhere, another to another", () => {
  assert.notDeepEqual(colorOfLabel("person"), colorOfLabel("vehicle"));
  assert.notDeepEqual(colorOfLabel("bike"), colorOfLabel("vehicle"));
  assert.notDeepEqual(colorOfLabel("person"), colorOfLabel("bike"));
});

Deno.test("drawAnalysis() survives whatever boxes, texts and points a plugin makes up", () => {
  const number = fc.oneof(fc.double(), fc.double({ min: -2, max: 3 }));
  const box = fc.record({ x: number, y: number, width: number, height: number });
  const detection = fc.record({
    label: fc.string({ unit: "binary" }),
    labelId: fc.integer(),
    confidence: number,
    box,
  });
  const annotation = fc.oneof(
    fc.record({
      kind: fc.constant("polyline" as const),
      points: fc.array(fc.tuple(number, number), { maxLength: 5 }),
      closed: fc.boolean(),
      color: fc.string(),
    }),
    fc.record({ kind: fc.constant("text" as const), x: number, y: number, text: fc.string() }),
  );
  fc.assert(
    fc.property(fc.array(detection, { maxLength: 4 }), fc.array(annotation, { maxLength: 4 }), (
      detections,
      annotations,
    ) => {
      const picture = blank(64, 48);
      drawAnalysis(picture, { detections, annotations }, typefaces);
      // Nothing but colours was touched.
      for (let at = 3; at < picture.data.length; at += 4) assert.equal(picture.data[at], 100);
    }),
    { numRuns: 200 },
  );
});

Deno.test("drawAnalysis() draws no more boxes than a picture can show", () => {
  const picture = blank(64, 48);
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const detections = Array.from({ length: 1e6 }, () => ({ ...person, box }));
  drawAnalysis(picture, { detections }, typefaces);
  assert.ok(countOf(picture, colorOfLabel("person")) > 50);
});

Deno.test("drawAnalysis() bounds the work of one picture, and draws boxes whatever lines there are", () => {
  const across = (y: number) => ({
    kind: "polyline" as const,
    points: Array.from({ length: 500 }, (_, index) => [index % 2, y] as const),
    color: "#ff0000",
  });
  const rows = Array.from({ length: 500 }, (_, index) => (index + 0.5) / 500);
  const outside = rows.map((y) => across(y + 2));
  const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  for (const annotations of [rows.map(across), [...outside, across(0.9)]]) {
    const picture = blank(1280, 720);
    const analysis = { annotations, detections: [{ ...person, box }] };
    assert.equal(drawAnalysis(picture, analysis, typefaces), false);
    const red = [255, 0, 0];
    assert.deepEqual(pixel(picture, 640, 0.9 * 720), [100, 100, 100]);
    assert.deepEqual(pixel(picture, 640, 180), [...colorOfLabel("person")]);
    // One line is drawn whole.
    const one = blank(1280, 720);
    assert.equal(
      drawAnalysis(
        one,
        { annotations: [{ ...across(0.9), points: [[0, 0.9], [1, 0.9]] }] },
        typefaces,
      ),
      true,
    );
    assert.deepEqual(pixel(one, 640, 0.9 * 720), red);
  }
});

Deno.test("drawAnalysis() draws what a crowded street has, whole, and says what it leaves out", () => {
  const street = Array.from({ length: 200 }, (_, index) => ({
    ...person,
    box: { x: (index % 20) / 20, y: Math.floor(index / 20) / 10, width: 0.08, height: 0.2 },
  }));
  const contour = {
    kind: "polyline" as const,
    points: Array.from(
      { length: 300 },
      (_, index) => [0.5 + 0.1 * Math.cos(index / 48), 0.5 + 0.2 * Math.sin(index / 48)] as const,
    ),
  };
  const annotations = Array.from({ length: 20 }, () => contour);
  const picture = () => blank(1280, 720);
  assert.equal(drawAnalysis(picture(), { detections: street, annotations }, typefaces), true);
  const crowd = Array.from({ length: 4 }, () => street).flat();
  assert.equal(drawAnalysis(picture(), { detections: crowd }, typefaces), false);
});
