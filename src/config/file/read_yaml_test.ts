import assert from "node:assert/strict";
import type { FileProblem } from "./file_problem.ts";
import { readYaml } from "./read_yaml.ts";
import { plainValue } from "./yaml_node.ts";

function read(text: string): { value: unknown; problems: string[] } {
  const problems: FileProblem[] = [];
  const node = readYaml(text, problems);
  return {
    value: node && plainValue(node),
    problems: problems.map(({ place, message }) => `${place?.line}:${place?.column} ${message}`),
  };
}

const faults: Readonly<Record<string, [text: string, problems: string[]]>> = {
  "a bracket that nothing closes": [
    "a: [1\nb: 2\n",
    ["2:1 Flow sequence in block collection must be sufficiently indented and end with a ]"],
  ],
  "a tab": ["a:\n\tb: 1", ["2:1 Tabs are not allowed as indentation"]],
  "a variable without quotes in braces": [
    "a: {b: ${X}}",
    [
      '1:9 Unexpected flow-map-start at node end; within { } or [ ] a text with ${NAME} needs quotes: "${NAME}"',
    ],
  ],
  "a second document": ["a: 1\n---\nb: 2", [
    "2:1 --- begins another document here, must be one only",
  ]],
  "an anchor that there is not": ["a: *x", ["1:4 there is no anchor &x above"]],
  "an alias to what it is part of": ["a: &a [*a]", [
    "1:7 this alias is part of what it stands for",
  ]],
  "a key that is no word": ["? [a]\n: 1", ["1:3 a key must be a word"]],
  "a merge of what is no map": ["a: {<<: 5}", ["1:9 << takes a map, or a list of maps"]],
  "a key that stands twice": ["a: 1\nb: 2\na: 3", ['3:1 "a" stands here twice, first in line 1']],
};

for (const [name, [text, problems]] of Object.entries(faults)) {
  Deno.test(`readYaml() refuses ${name}`, () => {
    assert.deepEqual(read(text).problems, problems);
  });
}

Deno.test("readYaml() gives values, aliases and merged maps", () => {
  const { value, problems } = read(
    "a: &a {x: 1, y: [no, true, null, 1.5]}\nb: *a\nc: {<<: *a, x: 2}",
  );
  assert.deepEqual(problems, []);
  const y = ["no", true, null, 1.5];
  assert.deepEqual(value, { a: { x: 1, y }, b: { x: 1, y }, c: { x: 2, y } });
});

Deno.test("readYaml() takes no name for more than a name", () => {
  const { value } = read("__proto__: {polluted: true}\nconstructor: 1");
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.deepEqual(Object.keys(value as object), ["__proto__", "constructor"]);
});

Deno.test("readYaml() takes keys as they are written, whatever YAML would make of them", () => {
  const names = ["01", "1", "1.10", "1e3", "0o17", "2024-01-01", "12345678901234567890", "~", "No"];
  const { value, problems } = read(names.map((name) => `${name}: ${name}`).join("\n"));
  assert.deepEqual(problems, []);
  assert.deepEqual(Object.keys(value as object).toSorted(), names.toSorted());
});

Deno.test("readYaml() gives up on aliases that stand for billions of values", () => {
  const letters = [..."abcdefghij"];
  const bomb = letters.map((letter, index) => {
    const item = index === 0 ? "x" : `*${letters[index - 1]}`;
    return `${letter}: &${letter} [${Array(10).fill(item).join()}]`;
  });
  const { value, problems } = read(bomb.join("\n"));
  assert.equal(value, null);
  assert.match(problems.join(), /aliases make this more than 200000 values$/);
});

Deno.test("readYaml() gives up on what is nested deeper than anybody writes", () => {
  for (const text of ["[".repeat(50_000), "- ".repeat(50_000) + "a", "{a: ".repeat(2000)]) {
    const { value, problems } = read(text);
    assert.equal(value, null);
    assert.match(problems[0] ?? "", /is nested too deep, must be at most 100 levels$/);
    assert(problems.length <= 20);
  }
});
