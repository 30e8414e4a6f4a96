import assert from "node:assert/strict";
import { cocoLabels } from "./coco_labels.ts";
import { parseLabels } from "./parse_labels.ts";

Deno.test("parseLabels() reads one name a line", () => {
  assert.deepEqual(parseLabels("cat\ndog house\r\n fox \n\n"), ["cat", "dog house", "fox"]);
  assert.deepEqual(parseLabels("\uFEFFcat\n2 wheeler"), ["cat", "2 wheeler"]);
  assert.deepEqual(parseLabels("n01440764 tench, Tinca tinca"), ["n01440764 tench, Tinca tinca"]);
  assert.deepEqual(parseLabels(" \n"), []);
});

Deno.test("parseLabels() reads numbered names in any order", () => {
  const expected = ["a", "b c", "label 2", "d"];
  for (const text of ["0 a\n1 b c\n3 d", "3: d\n\n1: b c\n0:a", "1,b c\r\n0, a\r\n3\td\r\n"]) {
    assert.deepEqual(parseLabels(text), expected);
  }
});

Deno.test("parseLabels() names the line it cannot read", () => {
  for (
    const [text, message] of [
      ["cat\n\ndog", "Cannot parse labels: line 2 is empty"],
      ["0 a\n0 b", `Cannot parse labels: line 2: number 0 is already "a"`],
      [
        "65536 a",
        "Cannot parse labels: line 1: number 65536 is too large, allowed is 0 to 65535",
      ],
    ] as const
  ) {
    assert.throws(() => parseLabels(text), { name: "SyntaxError", message });
  }
});

Deno.test("cocoLabels are the 80 in the detectors' order, and stay so", () => {
  assert.equal(cocoLabels.length, 80);
  assert.equal(new Set(cocoLabels).size, 80);
  const some = [0, 2, 15, 39, 56, 62, 79].map((id) => cocoLabels[id]);
  assert.deepEqual(some, ["person", "car", "cat", "bottle", "chair", "tv", "toothbrush"]);
  assert.ok(Object.isFrozen(cocoLabels));
});

Deno.test("parseLabels() takes numbers up to 65,535", () => {
  const labels = parseLabels("65535 last");
  assert.deepEqual([labels.length, labels.at(-1)], [65_536, "last"]);
  assert.throws(
    () => parseLabels("65536 more"),
    /number 65536 is too large, allowed is 0 to 65535/,
  );
});
