import assert from "node:assert/strict";
import { checkAnalysis } from "./check_analysis.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const person = { label: "person", labelId: 1, confidence: 0.5, box };

Deno.test("checkAnalysis() copies what the contract names, and nothing else", () => {
  const analysis = {
    detections: [{ ...person, track: 7, box: { ...box, extra: 1 } }],
    classifications: [{ label: "day", labelId: 0, confidence: 1 }],
    events: [{ type: "crossed", at: [1, { deep: null }] }],
    annotations: [
      { kind: "text", x: 0, y: 0, text: "a", color: "#00ff00" },
      { kind: "polyline", points: [[0, 1]], closed: true },
    ],
    data: { when: new Date(0), gone: undefined },
    other: 1,
  };
  assert.deepEqual(checkAnalysis(analysis), {
    detections: [person],
    classifications: analysis.classifications,
    events: analysis.events,
    annotations: analysis.annotations,
    data: { when: "1970-01-01T00:00:00.000Z" },
  });
  assert.deepEqual(checkAnalysis({}), {});
});

Deno.test("checkAnalysis() names the first value that is out of its bounds", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const cases: [unknown, string][] = [
    [3, "postprocess returned number"],
    [null, "postprocess returned null"],
    [{ detections: {} }, "detections is no list"],
    [
      { detections: new Array(10_001) },
      "detections has 10001 entries, allowed is up to 10000",
    ],
    [
      { detections: [{ ...person, confidence: NaN }] },
      "detections[0].confidence is NaN, allowed is 0 to 1",
    ],
    [
      { detections: [{ ...person, box: { ...box, x: NaN } }] },
      "detections[0].box.x is NaN, allowed is a finite number",
    ],
    [
      { detections: [person, { ...person, box: undefined }] },
      "detections[1].box.x is undefined, allowed is a finite number",
    ],
    [
      { detections: [{ ...person, box: { ...box, height: "1" } }] },
      "detections[0].box.height is of type string, allowed is a finite number",
    ],
    [{ detections: [{ ...person, label: 7 }] }, "detections[0].label is no string"],
    [
      { detections: [{ ...person, label: "a".repeat(257) }] },
      "detections[0].label has 257 characters, allowed is up to 256",
    ],
    [
      { classifications: [{ ...person, labelId: 0.5 }] },
      "classifications[0].labelId is 0.5, allowed is a whole number",
    ],
    [{ events: [{ kind: "x" }] }, "events[0].type is no string"],
    [
      { annotations: [{ kind: "svg" }] },
      "annotations[0].kind is of type string, allowed is polyline or text",
    ],
    [
      { annotations: [{ kind: "text", x: 0, y: 0, text: "a", color: "red" }] },
      "annotations[0].color is of type string, allowed is #rrggbb",
    ],
    [
      { annotations: [{ kind: "polyline", points: [[0, 0], [1, NaN]] }] },
      "annotations[0].points[1][1] is NaN, allowed is a finite number",
    ],
    [{ data: NaN }, "data is NaN, allowed is a finite number"],
    [{ data: { a: [1n] } }, "data.a[0] is of type bigint, allowed is what JSON can hold"],
    [
      { data: { a: { x: [1] }, b: [[], { c: Infinity }] } },
      "data.b[1].c is Infinity, allowed is a finite number",
    ],
    [{ data: { f() {} } }, "data.f is of type function, allowed is what JSON can hold"],
    [{ data: new Map() }, "data is a Map, allowed is what JSON can hold"],
    [
      { data: new Float32Array(1) },
      "data is binary, allowed is what JSON can hold (Array.from makes a list)",
    ],
    [{ data: JSON.parse('{"__proto__":{"admin":true}}') }, "data has a key __proto__"],
    [{ data: "a".repeat(1_000_001) }, "data holds more than 1000000 characters"],
    [{ data: { ["a".repeat(1_000_001)]: 1 } }, "data holds more than 1000000 characters"],
    [{ data: new Array(100_001) }, "data holds more than 100000 values"],
  ];
  for (const [analysis, what] of cases) {
    assert.throws(() => checkAnalysis(analysis), {
      name: "UseCaseError",
      message: `Cannot use the analysis: ${what}`,
    });
  }
  assert.throws(() => checkAnalysis({ data: cycle }), /lies deeper than 32 levels/);
});
