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
    [3, "postprocess returned number, allowed is an object, {} where nothing was found"],
    [null, "postprocess returned null, allowed is an object, {} where nothing was found"],
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
      'detections[0].box.height is the text "1", allowed is a finite number',
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
      'annotations[0].kind is the text "svg", allowed is polyline or text',
    ],
    [
      { annotations: [{ kind: "text", x: 0, y: 0, text: "a", color: "red" }] },
      'annotations[0].color is the text "red", allowed is #rrggbb',
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

Deno.test("checkAnalysis() takes what is just within its bounds", () => {
  const full = {
    detections: [{ ...person, confidence: 0, label: "a".repeat(256), trackId: 0 }, person],
    classifications: [{ label: "", labelId: -1, confidence: 1 }],
    events: [{ type: "a".repeat(256) }],
    annotations: [
      { kind: "text", x: -1, y: 2, text: "a".repeat(1000), color: "#00FFaa" },
      { kind: "polyline", points: new Array(10_000).fill([0, 0]) },
      { kind: "polyline", points: [], closed: false },
    ],
    data: null,
  };
  const { annotations, ...others } = checkAnalysis(full);
  const { annotations: given, ...givenOthers } = full;
  assert.deepEqual(others, givenOthers);
  assert.deepEqual(annotations, [given[0], given[1], { kind: "polyline", points: [] }]);
  assert.equal(
    checkAnalysis({ events: new Array(10_000).fill({ type: "x" }) }).events?.length,
    10_000,
  );
});

Deno.test("checkAnalysis() refuses what is just beyond its bounds", () => {
  const text = { kind: "text", x: 0, y: 0, text: "a" };
  const line = { kind: "polyline", points: [[0, 0]] };
  const cases: [unknown, string][] = [
    [
      { detections: [{ ...person, confidence: -0.01 }] },
      "detections[0].confidence is -0.01, allowed is 0 to 1",
    ],
    [
      { detections: [{ ...person, confidence: 1.01 }] },
      "detections[0].confidence is 1.01, allowed is 0 to 1",
    ],
    [
      { detections: [{ ...person, confidence: "1" }] },
      'detections[0].confidence is the text "1", allowed is 0 to 1',
    ],
    [
      { detections: [{ ...person, trackId: 0.5 }] },
      "detections[0].trackId is 0.5, allowed is a whole number",
    ],
    [
      { detections: [{ ...person, box: { ...box, y: NaN } }] },
      "detections[0].box.y is NaN, allowed is a finite number",
    ],
    [
      { detections: [{ ...person, box: { ...box, width: Infinity } }] },
      "detections[0].box.width is Infinity, allowed is a finite number",
    ],
    [
      { events: [{ type: "a".repeat(257) }] },
      "events[0].type has 257 characters, allowed is up to 256",
    ],
    [{ annotations: [{ ...text, x: NaN }] }, "annotations[0].x is NaN, allowed is a finite number"],
    [{ annotations: [{ ...text, y: NaN }] }, "annotations[0].y is NaN, allowed is a finite number"],
    [
      { annotations: [{ ...text, text: "a".repeat(1001) }] },
      "annotations[0].text has 1001 characters, allowed is up to 1000",
    ],
    [
      { annotations: [{ ...text, color: "#00ff0" }] },
      'annotations[0].color is the text "#00ff0", allowed is #rrggbb',
    ],
    [{ annotations: [{ ...line, color: 7 }] }, "annotations[0].color is 7, allowed is #rrggbb"],
    [
      { annotations: [{ ...line, points: {} }] },
      "annotations[0].points must be a list of up to 10000 points",
    ],
    [
      { annotations: [{ ...line, points: new Array(10_001) }] },
      "annotations[0].points must be a list of up to 10000 points",
    ],
    [
      { annotations: [{ ...line, points: [[NaN, 0]] }] },
      "annotations[0].points[0][0] is NaN, allowed is a finite number",
    ],
    [{ annotations: [{}] }, "annotations[0].kind is undefined, allowed is polyline or text"],
    [{ classifications: "x" }, "classifications is no list"],
    [
      { annotations: [{ ...line, color: ["#00ff00"] }] },
      "annotations[0].color is of type object, allowed is #rrggbb",
    ],
    [
      { detections: [{ ...person, confidence: Symbol() }] },
      "detections[0].confidence is of type symbol, allowed is 0 to 1",
    ],
    [
      { detections: [{ ...person, confidence: null }] },
      "detections[0].confidence is null, allowed is 0 to 1",
    ],
    [
      { detections: [{ ...person, labelId: "9".repeat(50) }] },
      `detections[0].labelId is the text "${"9".repeat(40)}", allowed is a whole number`,
    ],
    [
      { detections: [{ ...person, box: [0, 0, 1, 1] }] },
      "detections[0].box is a list, allowed is { x, y, width, height }",
    ],
    [
      { detections: [{ ...person, trackId: null }] },
      "detections[0].trackId is null, allowed is a whole number",
    ],
  ];
  for (const [analysis, what] of cases) {
    assert.throws(() => checkAnalysis(analysis), {
      name: "UseCaseError",
      message: `Cannot use the analysis: ${what}`,
    });
  }
});
