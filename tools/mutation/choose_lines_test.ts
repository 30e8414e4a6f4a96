import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { chooseLines, codeLines, randomFrom } from "./choose_lines.ts";

Deno.test("codeLines() leaves out comments, imports and what holds no operator", () => {
  const text = [
    ...["/** a < b */", 'import { a } from "./a.ts";', "if (a < b) {", "  // c + d", "  c = d;"],
    ...["}", "e.f();", "  yes: true,", "  () => {"],
  ];
  deepEqual(codeLines(text.join("\n")), [3, 5, 7, 8]);
});

Deno.test("chooseLines() draws in order, the same for the same seed", () => {
  const lines = Array.from({ length: 100 }, (_, index) => index);
  const chosen = chooseLines(lines, 6, randomFrom(7));
  deepEqual(chosen.length, 6);
  deepEqual(chosen, chosen.toSorted((a, b) => a - b));
  deepEqual(chooseLines(lines, 6, randomFrom(7)), chosen);
  notDeepEqual(chooseLines(lines, 6, randomFrom(8)), chosen);
  deepEqual(chooseLines(lines, 200, randomFrom(7)), lines);
});

Deno.test("randomFrom() gives numbers all over 0…1", () => {
  const random = randomFrom(3);
  const numbers = Array.from({ length: 1000 }, random);
  ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  ok(mean > 0.45 && mean < 0.55, String(mean));
});
