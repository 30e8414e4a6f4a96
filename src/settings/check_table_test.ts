import { deepEqual } from "node:assert/strict";
import { z } from "zod";
import { checkTable, checkWhole } from "./check_table.ts";
import type { Problem } from "./problem.ts";
import { problemLine } from "./problem_line.ts";
import {
  integer,
  parsedList,
  required,
  type SettingTable,
  structured,
  text,
  toggle,
} from "./setting.ts";

const point = z.strictObject({ x: z.number(), kind: z.enum(["a", "b"]).optional() });
const table = {
  fps: integer(1, 9, { help: "" }),
  name: text("a name", { help: "" }, /^\w+$/),
  token: text("a word", { help: "", secret: "whole" }, /^[a-z]+$/),
  live: toggle({ help: "" }),
  words: parsedList("words", (word) => word.toUpperCase(), { help: "" }),
  points: structured("a list of points", z.array(point).min(1).max(3), { help: "" }),
  pair: structured("a pair", z.tuple([z.number(), z.string()]), { help: "" }),
  named: structured("named points", z.record(z.string(), point), { help: "" }),
  worded: structured(
    "worded",
    z.object({
      deep: z.number({ error: "must be deep" }).refine(() => false, { error: "has no depth" }),
    }),
    { help: "" },
  ),
  mailed: structured("mailed", z.object({ to: z.email() }), { help: "" }),
  whole: structured(
    "whole",
    z.object({}).refine(() => false, { path: ["from", "x"], error: "must be there" }),
    { help: "" },
  ),
  off: structured("false", z.literal(false), { help: "" }),
  own: { ...text("even", { help: "" }), check: even },
  owns: { ...parsedList("even", (word) => word, { help: "" }), check: even },
} satisfies SettingTable;

/** Checks by itself, and makes 1 more of what is right. */
function even(setting: string, value: unknown, problems: Problem[]): number | null {
  if (typeof value === "number" && value % 2 === 0) return value + 1;
  problems.push({ setting, message: "must be even" });
  return null;
}

function check(given: Readonly<Record<string, unknown>>) {
  const problems: Problem[] = [];
  const right = checkTable(table, given, problems);
  return { right, lines: problems.map(problemLine), problems };
}

Deno.test("checkTable() keeps what is right, as the code takes it, and only what was said", () => {
  const points = [{ x: 1, kind: "a" }, { x: 2 }];
  deepEqual(check({ fps: 3, live: false, words: ["a", "b"], points, name: undefined }), {
    ...{ lines: [], problems: [] },
    right: { fps: 3, live: false, words: ["A", "B"], points },
  });
});

Deno.test("checkTable() says of each value what is wrong, and what is allowed", () => {
  const cases: [Readonly<Record<string, unknown>>, string][] = [
    [{ fps: 0 }, "--fps 0: must be a whole number from 1 to 9"],
    [{ fps: null }, "--fps: has no value, must be a whole number from 1 to 9"],
    [{ token: "A1" }, "--token: must be a word"],
    [{ words: "a" }, "--words a: must be a list of words"],
    [{ words: [null] }, "--words: has no value, must be words"],
    // In a file it is a matter of quotes.
    [{ fps: "3" }, "--fps 3: must be a whole number from 1 to 9 (without quotes)"],
    [{ fps: "-3" }, "--fps -3: must be a whole number from 1 to 9"],
    [{ fps: "3x" }, "--fps 3x: must be a whole number from 1 to 9"],
    [{ live: "true" }, "--live true: must be true or false (without quotes)"],
    [{ live: "false" }, "--live false: must be true or false (without quotes)"],
    [{ live: "yes" }, "--live yes: must be true or false"],
    [{ name: 2024 }, "--name 2024: must be a name (in quotes it is text)"],
    [{ name: true }, "--name true: must be a name (in quotes it is text)"],
    [{ name: -1 }, "--name -1: must be a name"],
    [{ name: {} }, "--name {}: must be a name"],
    // Within JSON it is said where.
    [{ points: {} }, "--points {}: must be a list"],
    [{ points: [] }, "--points []: must have 1 at least"],
    [
      { points: Array(4).fill({ x: 1 }) },
      `--points ${JSON.stringify(Array(4).fill({ x: 1 }))}: must have 3 at most`,
    ],
    [{ points: [{ x: 1 }, 5] }, "--points 5: must be a block of settings (at [1])"],
    [{ points: [{}] }, "--points: missing, must be number (at [0].x)"],
    [{ points: [{ x: "1" }] }, "--points 1: must be number (at [0].x)"],
    [
      { points: [{ x: 1, y: 2, z: 3 }] },
      '--points {"x":1,"y":2,"z":3}: has the unknown key y, z (at [0])',
    ],
    [{ points: [{ x: 1, kind: "c" }] }, "--points c: must be a or b (at [0].kind)"],
    [{ points: [null] }, "--points: has no value, must be a list of points"],
    [{ pair: 5 }, "--pair 5: must be a list"],
    [{ pair: [1, 2] }, "--pair 2: must be text (at [1])"],
    [{ named: { "a b": { x: "y" } } }, "--named y: must be number (at a b.x)"],
    [{ worded: { deep: "x" } }, "--worded x: must be deep (at deep)"],
    [{ worded: { deep: 1 } }, "--worded 1: has no depth (at deep)"],
    [{ mailed: { to: "x" } }, "--mailed x: Invalid email address (at to)"],
    [{ whole: {} }, "--whole: must be there (at from.x)"],
    [{ off: "true" }, "--off true: must be false"],
    [{ off: "false" }, "--off false: must be false (without quotes)"],
    [{ name: ["a"] }, '--name ["a"]: must be a name'],
    [{ own: 1 }, "--own: must be even"],
  ];
  for (const [given, line] of cases) {
    const { right, lines } = check(given);
    deepEqual(lines, [line]);
    deepEqual(Object.values(right).flat(), []);
  }
});

Deno.test("checkTable() checks each element of a list, and keeps those that are right", () => {
  const { right, lines, problems } = check({ words: ["a", {}, "b", null] });
  deepEqual(right, { words: ["A", "B"] });
  deepEqual(problems.map(({ element }) => element), [1, 3]);
  deepEqual(lines, ["--words {}: must be words", "--words: has no value, must be words"]);
});

Deno.test("checkTable() leaves a value or element to the check that its setting has", () => {
  const { right, lines, problems } = check({ own: 2, owns: [4, 5, 6] });
  deepEqual(right, { own: 3, owns: [5, 7] });
  deepEqual(lines, ["--owns: must be even"]);
  deepEqual(problems.map(({ element }) => element), [1]);
});

Deno.test("checkWhole() refuses what is unknown, with the name that is meant, and misses what is required", () => {
  const told = (given: Readonly<Record<string, unknown>>) => {
    const problems: Problem[] = [];
    const right = checkWhole({ fps: table.fps, name: required(table.name) }, given, problems);
    return [right, ...problems.map(problemLine)];
  };
  deepEqual(told({ name: "a" }), [{ name: "a" }]);
  deepEqual(told({}), [{}, "--name: missing, must be a name"]);
  deepEqual(told({ name: null }), [{}, "--name: has no value, must be a name"]);
  deepEqual(told({ name: "a", fpss: 1, toString: 2, other: 3 }), [
    { name: "a" },
    "--fpss: unknown key, did you mean fps?",
    "--toString: unknown key, known are fps, name",
    "--other: unknown key, known are fps, name",
  ]);
});
