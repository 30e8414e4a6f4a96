import assert from "node:assert/strict";
import {
  anyObject,
  fraction,
  names,
  numberBetween,
  oneOf,
  onOff,
  readOptions,
  shapes,
  wholeBetween,
} from "./options.ts";

const rules = {
  threshold: fraction,
  k: wholeBetween(1, 9),
  wait: numberBetween(0, Infinity),
  style: oneOf("soft", "hard"),
  labels: names,
  gate: onOff,
  inner: anyObject,
  lines: shapes("points", 2, 2),
};

Deno.test("readOptions() lays what was given over the defaults", () => {
  const defaults = { threshold: 0.5, k: 3 };
  assert.deepEqual(readOptions(undefined, defaults, rules), defaults);
  assert.deepEqual(readOptions(null, defaults, rules), defaults);
  assert.deepEqual(readOptions({ k: 1, wait: 7.5 }, defaults, rules), {
    threshold: 0.5,
    k: 1,
    wait: 7.5,
  });
});

const line = { name: "a", points: [[0, 0], [1, 1]] };
const refused: [given: unknown, name: string, message: string][] = [
  [3, "TypeError", "options are 3, allowed is an object"],
  [[], "TypeError", "options are [], allowed is an object"],
  [
    { treshold: 1 },
    "TypeError",
    'no option is called "treshold", did you mean threshold?',
  ],
  [
    { colour: 1 },
    "TypeError",
    'no option is called "colour"; there are threshold, k, wait, style, labels, gate, inner, lines',
  ],
  [{ lables: 1 }, "TypeError", 'no option is called "lables", did you mean labels?'],
  [{ threshold: 75 }, "RangeError", "threshold is 75, allowed is 0 to 1"],
  [{ threshold: "0.5" }, "RangeError", 'threshold is "0.5", allowed is 0 to 1'],
  [{ threshold: NaN }, "RangeError", "threshold is null, allowed is 0 to 1"],
  [{ k: 1.5 }, "RangeError", "k is 1.5, allowed is a whole number from 1 to 9"],
  [{ wait: -1 }, "RangeError", "wait is -1, allowed is a number from 0"],
  [{ style: "x" }, "RangeError", 'style is "x", allowed is "soft" or "hard"'],
  [{ labels: ["a", 1] }, "RangeError", 'labels is ["a",1], allowed is a list of texts'],
  [{ gate: 1 }, "RangeError", "gate is 1, allowed is true or false"],
  [{ inner: [] }, "RangeError", "inner is [], allowed is an object"],
  ...[[], [{ name: "a" }], [line, line], [{ ...line, points: [[0, 0]] }], [null]].map(
    (lines): [unknown, string, string] => [
      { lines },
      "RangeError",
      `lines is ${JSON.stringify(lines).slice(0, 60)}${
        JSON.stringify(lines).length > 60 ? "…" : ""
      }, allowed is a list of {"name": text, "points": 2 points [x, y]}, no name twice`,
    ],
  ),
];
for (const [given, name, message] of refused) {
  Deno.test(`readOptions() refuses ${JSON.stringify(given)}`, () => {
    assert.throws(() => readOptions(given, {}, rules), { name, message });
  });
}
