import assert from "node:assert/strict";
import { Slips } from "./slips.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const person = { label: "person", labelId: 1, confidence: 0.5, box };

function told(look: (slips: Slips) => void): string[] {
  const lines: string[] = [];
  look(
    new Slips((level, message) => {
      assert.equal(level, "warning");
      lines.push(message);
    }),
  );
  return lines;
}

Deno.test("Slips tells each name that nothing reads once, with the one that is meant", () => {
  const analysis = {
    ...{ detectionz: [], evnts: [], score: 1 },
    detections: [{ ...person, track: 7, box: { ...box, heigth: 1 } }, { ...person, area: 2 }],
    classifications: [{ ...person }],
    annotations: [
      { kind: "text", x: 0, y: 0, text: "a", colour: "#ffffff" },
      { kind: "polyline", points: [], text: "b" },
    ],
  };
  const lines = told((slips) => {
    slips.lookAtAnalysis(analysis);
    slips.lookAtAnalysis(analysis);
  });
  assert.deepEqual(lines, [
    'Nothing reads "detectionz" of the analysis: is detections meant?',
    'Nothing reads "evnts" of the analysis: is events meant?',
    'Nothing reads "score" of the analysis: it has detections, classifications, events, annotations, data',
    'Nothing reads "track" of a detection: is trackId meant?',
    'Nothing reads "heigth" of a box: is height meant?',
    'Nothing reads "area" of a detection: it has label, labelId, confidence, box, trackId, secondary',
    'Nothing reads "box" of a classification: it has label, labelId, confidence',
    'Nothing reads "colour" of a text to draw: is color meant?',
    'Nothing reads "text" of a line to draw: it has kind, points, closed, color',
  ]);
});

Deno.test("Slips takes whatever the contract names, and what it leaves free", () => {
  const analysis = {
    detections: [{ ...person, trackId: 1, secondary: { useCase: "a" } }],
    classifications: [{ label: "day", labelId: 0, confidence: 1 }],
    events: [{ type: "x", anything: 1 }],
    annotations: [
      { kind: "polyline", points: [], closed: true, color: "#ffffff" },
      { kind: "text", x: 0, y: 0, text: "a" },
    ],
    data: { anything: 1 },
  };
  const useCase = { input: { width: 1, range: 1 }, outputs: [], postprocess() {}, dispose() {} };
  const lines = told((slips) => {
    slips.lookAtUseCase(useCase);
    slips.lookAtUseCase({ postprocess() {}, counts: 0, ...{ frames: 1 } });
    slips.lookAtAnalysis(analysis);
    slips.lookAtAnalysis({ detections: [null, 3], annotations: "x", classifications: [undefined] });
    slips.lookAtAnalysis({ gone: undefined });
  });
  assert.deepEqual(lines, []);
});

Deno.test("Slips tells of slips in the members of a use case, and of every one in its input", () => {
  const useCase = { postproces() {}, visualise() {}, own: 1, input: { widht: 3, rgb: true } };
  assert.deepEqual(told((slips) => slips.lookAtUseCase(useCase)), [
    'Nothing reads "postproces" of the use case: is postprocess meant?',
    'Nothing reads "visualise" of the use case: is visualize meant?',
    'Nothing reads "widht" of input: is width meant?',
    'Nothing reads "rgb" of input: it has width, height, channels, fit, layout, range, name',
  ]);
});

Deno.test("Slips tells of a list in place of an analysis, and of boxes of pixels, once", () => {
  const withBox = (box: unknown) => ({ detections: [{ ...person, box }, { ...person, box }] });
  const lines = told((slips) => {
    slips.lookAtAnalysis([person]);
    slips.lookAtAnalysis([]);
    slips.lookAtAnalysis(withBox({ x: 320, y: 20, width: 100, height: 80 }));
    slips.lookAtAnalysis(withBox({ x: 300, y: 20, width: 100, height: 80 }));
  });
  assert.deepEqual(lines, [
    "Nothing reads a list: what was found belongs into { detections: […] }",
    "A box is of pixels: it has to be of fractions (0…1) of the picture: x 320, y 20, width 100, height 80",
  ]);
  const fine = [
    { x: -0.5, y: 0.9, width: 1.5, height: 1 },
    [0, 0, 300, 300],
    { x: NaN, y: 0, width: 1, height: 1 },
    { x: "900", y: 0, width: 1, height: 1 },
    null,
  ];
  assert.deepEqual(told((slips) => fine.forEach((box) => slips.lookAtAnalysis(withBox(box)))), []);
});

Deno.test("Slips guesses no name of one or two letters", () => {
  const lines = told((slips) =>
    slips.lookAtAnalysis({ detections: [{ ...person, box: { w: 1 } }] })
  );
  assert.deepEqual(lines, ['Nothing reads "w" of a box: it has x, y, width, height']);
  const text = { kind: "text", x: 0, y: 0, txt: "a" };
  assert.deepEqual(told((slips) => slips.lookAtAnalysis({ annotations: [text] })), [
    'Nothing reads "txt" of a text to draw: is text meant?',
  ]);
});

Deno.test("Slips does not go on for ever over names that are made up", () => {
  const lines = told((slips) => {
    for (let at = 0; at < 1000; at++) slips.lookAtAnalysis({ [`frame${at}`]: 1 });
  });
  assert.equal(lines.length, 20);
  const names = Array.from({ length: 30 }, (_, at) => [`name${at}`, 1]);
  const atOnce = told((slips) => slips.lookAtAnalysis(Object.fromEntries(names)));
  assert.equal(atOnce.length, 20);
});

Deno.test("Slips looks at the first twenty of a list", () => {
  const withSlipAt = (at: number) =>
    told((slips) => {
      const detections: object[] = Array.from({ length: 30 }, () => person);
      detections[at] = { ...person, area: 2 };
      slips.lookAtAnalysis({ detections });
    });
  assert.equal(withSlipAt(19).length, 1);
  assert.equal(withSlipAt(20).length, 0);
});

Deno.test("Slips takes a box for one of pixels when any of its numbers is beyond 4", () => {
  const lines = (change: object) =>
    told((slips) =>
      slips.lookAtAnalysis({ detections: [{ ...person, box: { ...box, ...change } }] })
    );
  for (const key of ["x", "y", "width", "height"]) {
    assert.deepEqual(lines({ [key]: 4 }), [], key);
    assert.equal(lines({ [key]: 4.5 }).length, 1, key);
  }
  assert.equal(lines({ x: -4.5 }).length, 1);
  assert.equal(lines({ y: -4.5 }).length, 1);
});

Deno.test("Slips takes members that a use case inherits, and words in place of a classification", () => {
  const useCase = Object.create({ postprocess() {} });
  assert.deepEqual(told((slips) => slips.lookAtUseCase(useCase)), []);
  const analysis = { classifications: ["day"] };
  assert.deepEqual(told((slips) => slips.lookAtAnalysis(analysis)), []);
});
