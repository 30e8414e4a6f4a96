import assert from "node:assert/strict";
import { compare } from "./compare.ts";
import { compareEntries, goldenPath } from "./golden.ts";

/** What is expected, what comes, and what is said of it, one `path: expected → got` each. */
const cases: [name: string, expected: unknown, got: unknown, said: string[]][] = [
  ["nothing of equal values", { a: [1, null, "x", { b: true }] }, {
    a: [1, null, "x", { b: true }],
  }, []],
  ["nothing of numbers within the tolerance", [0.5, -0.25], [0.509, -0.2401], []],
  ["numbers outside of it", { x: 0.5 }, { x: 0.5101 }, ["x: 0.5 → 0.5101"]],
  ["nothing of large numbers within their share", 1000.5, 1010.3, []],
  ["large numbers outside of it", 1000.5, 1010.9, [": 1000.5 → 1010.9"]],
  ["whole numbers that are not the same", { label_id: 1000 }, { label_id: 1001 }, [
    "label_id: 1000 → 1001",
  ]],
  ["lists of other lengths, in one line", [{ label: "b" }, { label: "a" }, { label: "b" }], [], [
    ": 3 (1 a, 2 b) → 0 elements",
  ]],
  ["elements by their place", { d: [{ x: "a" }, { x: "b" }] }, { d: [{ x: "a" }, { x: "c" }] }, [
    'd[1].x: "b" → "c"',
  ]],
  ["what is missing, and what is new", { a: 1 }, { b: [] }, [
    "a: 1 → nothing",
    "b: nothing → 0 elements",
  ]],
  ["another type", { a: { b: 1 } }, { a: [1] }, ['a: {"b":1} → 1 elements']],
  ["null and no object", { a: null }, { a: {} }, ["a: null → {}"]],
];

for (const [name, expected, got, said] of cases) {
  Deno.test(`compare() tells ${name}`, () => {
    const differences = compare(expected, got, 0.01);
    assert.deepEqual(
      differences.map(({ path, expected, got }) => `${path}: ${expected} → ${got}`),
      said,
    );
  });
}

Deno.test("compareEntries() goes by the number of the frame", () => {
  const entry = (sequence: number, data: unknown) => {
    return { sequence, pts_ms: 40 * sequence, detections: [], events: [], data };
  };
  const expected = [entry(0, "a"), entry(1, "b"), entry(2, "c")];
  const got = [entry(0, "a"), entry(2, "d"), entry(3, "e")];
  assert.deepEqual(compareEntries(expected, got, 0), [
    { sequence: 1, path: "", expected: "a frame", got: "nothing" },
    { sequence: 2, path: "data", expected: '"c"', got: '"d"' },
    { sequence: 3, path: "", expected: "nothing", got: "a frame" },
  ]);
});

Deno.test("goldenPath() is beside the plugin, and nowhere for one from the web", () => {
  assert.equal(goldenPath("plugins/door.ts"), "plugins/door.golden.jsonl");
  assert.equal(goldenPath("a.b/door.v2.mts"), "a.b/door.v2.golden.jsonl");
  assert.equal(goldenPath("file:///x/door%20a.js"), "/x/door a.golden.jsonl");
  assert.equal(goldenPath("https://plugins.example/door.ts"), null);
});
