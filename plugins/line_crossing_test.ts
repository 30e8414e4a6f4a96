import assert from "node:assert/strict";
import type { Analysis, UseCaseFactory } from "../src/mod.ts";
import lineCrossingOverShipped, { lineCrossing, type Options } from "./line_crossing.ts";
import { context, fp32, frameInfo, ssd } from "./parts/testing.ts";

/** A person (or another label) that walks from one height to another, its feet at y. */
async function walk(
  options: Options & { detector?: "person_vehicle_bike" | "yolo" } | undefined,
  from: number,
  to: number,
  label = 1,
): Promise<{ last: Analysis; events: unknown[] }> {
  const useCase = await lineCrossingOverShipped(options, context);
  const events: unknown[] = [];
  let last: Analysis = {};
  for (let step = 0; step <= 20; step++) {
    const feet = from + (to - from) * step / 20;
    last = await useCase.postprocess(
      ssd([label, 0.9, 0.4, feet - 0.3, 0.5, feet]),
      frameInfo(step),
    );
    events.push(...last.events ?? []);
  }
  return { last, events };
}

Deno.test("line_crossing counts by direction, and tells of it once", async () => {
  const { last, events } = await walk(undefined, 0.35, 0.65);
  const event = { type: "line_crossed", line: "line", track_id: 1, label: "person" };
  assert.deepEqual(events, [{ ...event, direction: "down" }]);
  assert.deepEqual(last.data, { lines: { line: { down: 1, up: 0 } } });
  assert.equal(last.detections?.[0]?.trackId, 1);
  assert.deepEqual(last.annotations, [
    { kind: "polyline", points: [[0, 0.5], [1, 0.5]], color: "#ff4d4d" },
    { kind: "text", x: 0, y: 0.5, text: "line: down 1, up 0", color: "#ff4d4d" },
  ]);
  const { events: back } = await walk({}, 0.65, 0.35);
  assert.deepEqual(back, [{ ...event, direction: "up" }]);
});

Deno.test("line_crossing takes lines of one's own, and only the labels that are wanted", async () => {
  const lines = [
    { name: "door", points: [[0.3, 0.4], [0.6, 0.4]], directions: { right: "in", left: "out" } },
    { name: "far", points: [[0.7, 0.5], [0.9, 0.5]] },
  ] as const;
  const { last } = await walk({ lines }, 0.35, 0.65);
  assert.deepEqual(last.data, { lines: { door: { in: 1, out: 0 }, far: { right: 0, left: 0 } } });
  const { last: unwanted } = await walk({ lines, labels: ["bike"] }, 0.35, 0.65);
  assert.deepEqual(unwanted.detections, []);
  const { last: bike } = await walk({ lines, labels: ["bike"] }, 0.35, 0.65, 2);
  assert.equal(bike.detections?.[0]?.label, "bike");
});

Deno.test("line_crossing sees doubtful detections, unless the detector is told otherwise", async () => {
  const useCase = async (options: Options) => {
    const made = await lineCrossingOverShipped({ ...options, tracker: { minHits: 1 } }, context);
    return (await made.postprocess(ssd([1, 0.6, 0.4, 0.1, 0.5, 0.4]), frameInfo())).detections;
  };
  assert.equal((await useCase({}))?.length, 1);
  assert.equal((await useCase({ detectorOptions: { threshold: 0.7 } }))?.length, 0);
});

Deno.test("line_crossing works over yolo, whose pictures it then asks for", async () => {
  const useCase = await lineCrossingOverShipped(
    { detector: "yolo", tracker: { minHits: 1 } },
    context,
  );
  assert.equal(useCase.input?.fit, "letterbox");
  const row = [64, 64, 128, 256, 0.75, 2];
  const { detections } = await useCase.postprocess({ o: fp32([1, 300, 6], row) }, frameInfo());
  assert.deepEqual(detections?.map(({ label, trackId }) => [label, trackId]), [["car", 1]]);
});

Deno.test("lineCrossing() works over any detector, and keeps what it says", async () => {
  const disposed: string[] = [];
  const mine: UseCaseFactory<{ label: string } | undefined> = (options) => ({
    input: { channels: "rgb" },
    preprocess: () => null,
    postprocess: (_outputs, { sequence }) => ({
      detections: [{
        label: options?.label ?? "cat",
        labelId: 0,
        confidence: 0.9,
        box: { x: 0.4, y: sequence * 0.1, width: 0.1, height: 0.3 },
      }],
      events: [{ type: "meow" }],
      data: { mood: "good" },
    }),
    visualize: () => void disposed.push("drawn"),
    dispose: () => void disposed.push("disposed"),
  });
  const options = { tracker: { minHits: 1 }, detectorOptions: { label: "lynx" } };
  const useCase = await lineCrossing(mine)(options, context);
  assert.deepEqual(useCase.input, { channels: "rgb" });
  assert.equal(await useCase.preprocess?.({ ...frameInfo(), data: new Uint8Array() }), null);
  let analysis: Analysis = {};
  for (let step = 0; step < 5; step++) analysis = await useCase.postprocess({}, frameInfo(step));
  assert.equal(analysis.detections?.[0]?.label, "lynx");
  assert.deepEqual(analysis.data, { mood: "good", lines: { line: { down: 1, up: 0 } } });
  assert.equal(analysis.events?.[0]?.type, "meow");
  await useCase.visualize?.({ width: 1, height: 1, data: new Uint8Array(4) }, analysis);
  await useCase.dispose?.();
  assert.deepEqual(disposed, ["drawn", "disposed"]);
});

const refused: [options: unknown, message: string][] = [
  [{ detector: "ssd" }, 'detector is "ssd", allowed is "person_vehicle_bike" or "yolo"'],
  [3, "options are 3, allowed is an object"],
  [
    { lines: [] },
    'lines is [], allowed is a list of {"name": text, "points": 2 points [x, y]}, no name twice',
  ],
  [
    { lines: [{ name: "a", points: [[0, 0], [0, 0]] }] },
    "Cannot make line a: its length is 0, it must be above 0",
  ],
  [
    { tracker: { minHits: 0 } },
    "Cannot make a tracker: minHits is 0, allowed is a whole number from 1",
  ],
  [
    { detectorOptions: { treshold: 2 } },
    'no option is called "treshold", did you mean threshold?',
  ],
  [{ detectorOptions: { threshold: 2 } }, "threshold is 2, allowed is 0 to 1"],
  [
    { line: [] },
    'no option is called "line", did you mean lines?',
  ],
];
for (const [options, message] of refused) {
  Deno.test(`line_crossing refuses ${JSON.stringify(options)}`, async () => {
    await assert.rejects(async () => await lineCrossingOverShipped(options as Options, context), {
      message,
    });
  });
}
