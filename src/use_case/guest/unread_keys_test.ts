import assert from "node:assert/strict";
import { UnreadKeys } from "./unread_keys.ts";

const box = { x: 0, y: 0, width: 1, height: 1 };
const person = { label: "person", labelId: 1, confidence: 0.5, box };

function told(look: (keys: UnreadKeys) => void): string[] {
  const lines: string[] = [];
  look(
    new UnreadKeys((level, message) => {
      assert.equal(level, "warning");
      lines.push(message);
    }),
  );
  return lines;
}

Deno.test("UnreadKeys tells each name that nothing reads once, with the one that is meant", () => {
  const analysis = {
    ...{ detectionz: [], evnts: [], score: 1 },
    detections: [{ ...person, track: 7, box: { ...box, heigth: 1 } }, { ...person, area: 2 }],
    classifications: [{ ...person }],
    annotations: [
      { kind: "text", x: 0, y: 0, text: "a", colour: "#ffffff" },
      { kind: "polyline", points: [], text: "b" },
    ],
  };
  const lines = told((keys) => {
    keys.lookAtAnalysis(analysis);
    keys.lookAtAnalysis(analysis);
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

Deno.test("UnreadKeys takes whatever the contract names, and what it leaves free", () => {
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
  const lines = told((keys) => {
    keys.lookAtUseCase(useCase);
    keys.lookAtUseCase({ postprocess() {}, counts: 0, ...{ frames: 1 } });
    keys.lookAtAnalysis(analysis);
    keys.lookAtAnalysis({ detections: [null, 3], annotations: "x", classifications: [undefined] });
    keys.lookAtAnalysis([]);
    keys.lookAtAnalysis({ gone: undefined });
  });
  assert.deepEqual(lines, []);
});

Deno.test("UnreadKeys tells of slips in the members of a use case, and of every one in its input", () => {
  const useCase = { postproces() {}, visualise() {}, own: 1, input: { widht: 3, rgb: true } };
  assert.deepEqual(told((keys) => keys.lookAtUseCase(useCase)), [
    'Nothing reads "postproces" of the use case: is postprocess meant?',
    'Nothing reads "visualise" of the use case: is visualize meant?',
    'Nothing reads "widht" of input: is width meant?',
    'Nothing reads "rgb" of input: it has width, height, channels, fit, layout, range, name',
  ]);
});

Deno.test("UnreadKeys does not go on for ever over names that are made up", () => {
  const lines = told((keys) => {
    for (let at = 0; at < 1000; at++) keys.lookAtAnalysis({ [`frame${at}`]: 1 });
  });
  assert.equal(lines.length, 20);
});
