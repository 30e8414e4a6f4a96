import assert from "node:assert/strict";
import { readScene } from "./read_scene.ts";

/** What is said of the text. */
const told = (text: string) => readScene(text).problems?.map(({ message }) => message);

Deno.test("readScene() reads zones, nothing, and the greatest scene that may be drawn", () => {
  const corners = Array.from({ length: 64 }, (_, at) => `[0.${100 + at}, 0.${5 + at % 2}]`).join(
    ", ",
  );
  const zones = (count: number) =>
    "zones:\n" +
    Array.from({ length: count }, (_, at) => `  - name: z${at}\n    polygon: [${corners}]\n`).join(
      "",
    );
  assert.equal(readScene(zones(32)).scene?.zones.length, 32);
  assert.equal(readScene("").scene?.zones.length, 0);
  assert.deepEqual(told(zones(33)), ["has 33, allowed are 32"]);
});

Deno.test("readScene() says where YAML is wrong", () => {
  const cases: [yaml: string, message: string][] = [
    ["zones: []\nzones: []", "Map keys must be unique at line 2, column 1"],
    ["a: 1\n? [a]\n: b", "Map keys must be scalars at line 1, column 1"],
    ["[", "Flow sequence must end with a ] at line 1, column 2"],
    ["]", "Unexpected flow-seq-end token"],
    ["? ".repeat(500), "is nested deeper than 32 levels"],
    ["[".repeat(60_000), "is nested deeper than 32 levels"],
    ["a".repeat(65_537), "is above 65536 characters"],
    ["- 1", "must be a map with zones, lines or objects"],
  ];
  for (const [yaml, message] of cases) {
    const [first = ""] = told(yaml) ?? [];
    assert.ok(first.startsWith(message), `${yaml.slice(0, 20)}: ${first}`);
  }
  assert.match(String(told("a: &x 1\nb: *x")), /alias/i);
});

Deno.test("readScene() is done with hostile YAML long before a frame is late", () => {
  let state = 7;
  const pick = (bound: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor(state / 65_536) % bound;
  };
  const pieces = [..."?-[]{}:&*\n ,#!|>'\"a", "? ", "- ", ": ", "a: ", "&a ", "*a", "  ", "\n  "];
  const texts = Array.from({ length: 60 }, () => {
    // Few pieces make deep texts, many make wild ones.
    const some = Array.from({ length: 1 + pick(5) }, () => pieces[pick(pieces.length)]!);
    return Array.from({ length: 16_000 }, () => some[pick(some.length)]).join("");
  });
  const whole = ["? ", "[", "{", "[],", "- ", ": ", "&a ", ",", "]", "{a: ", "? a\n: ", "[a]: "];
  for (const piece of whole) texts.push(piece.repeat(65_536 / piece.length), piece.repeat(31));
  texts.push(Array.from({ length: 9000 }, (_, at) => `k${at}:\n`).join(""));
  texts.push("{" + Array.from({ length: 9000 }, (_, at) => `k${at},`).join("") + "}");
  const slowest = Math.max(...texts.map((text) => {
    const beganMs = performance.now();
    readScene(text);
    return performance.now() - beganMs;
  }));
  // What is not bounded takes from 25 s to days.
  assert.ok(slowest < 5000, `${slowest} ms`);
});
