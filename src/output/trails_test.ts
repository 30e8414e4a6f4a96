import assert from "node:assert/strict";
import type { Analysis } from "../frame/analysis.ts";
import { Trails } from "./trails.ts";

const seen = (trackId: number, x: number): Analysis => ({
  detections: [
    {
      label: "a",
      labelId: 0,
      confidence: 1,
      trackId,
      box: { x, y: 0.25, width: 0.5, height: 0.5 },
    },
  ],
});

function pointsOf({ annotations = [] }: Analysis) {
  return annotations.map((one) => one.kind === "polyline" ? one.points : one);
}

Deno.test("Trails draws the way of the last three seconds to where a thing stands", () => {
  const trails = new Trails();
  trails.addTo(seen(1, 0), 0);
  const times = Array.from({ length: 9 }, (_, index) => 400 * (index + 1));
  const last = times.map((ms) => trails.addTo(seen(1, ms / 4000), ms)).at(-1)!;
  assert.deepEqual(pointsOf(last), [
    [800, 1200, 1600, 2000, 2400, 2800, 3200, 3600].map((ms) => [ms / 4000 + 0.25, 0.75]),
  ]);
});

Deno.test("Trails lets one go that is seen no more, and all when the clock begins anew", () => {
  const trails = new Trails();
  trails.addTo(seen(1, 0), 1000);
  trails.addTo(seen(2, 0), 1300);
  assert.equal(pointsOf(trails.addTo({}, 1500)).length, 2);
  assert.equal(pointsOf(trails.addTo({}, 1501)).length, 1);
  assert.deepEqual(trails.addTo({}, 0), {});
});

Deno.test("Trails stand below what the use case draws, in the colour of the label", () => {
  const own = { kind: "text", x: 0, y: 0, text: "own" } as const;
  const { annotations } = new Trails().addTo({ ...seen(1, 0), annotations: [own] }, 0);
  assert.equal(annotations?.length, 2);
  assert.equal(annotations?.[1], own);
  assert.match(JSON.stringify(annotations?.[0]), /"color":"#[0-9a-f]{6}"/);
});
