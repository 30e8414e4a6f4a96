import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { chooseLines, randomFrom } from "./choose_lines.ts";

const text = ["/** a < b */", "import a;", "if (a < b) {", "  // c + d", "  c = d;", "}", "e.f();"]
  .join("\n");

Deno.test("chooseLines() takes lines of code, in order, the same for the same seed", () => {
  deepEqual(chooseLines(text, 9, randomFrom(1)), [3, 5, 7]);
  const many = Array.from({ length: 100 }, () => "a = b;").join("\n");
  const chosen = chooseLines(many, 6, randomFrom(7));
  deepEqual(chosen.length, 6);
  deepEqual(chosen, chosen.toSorted((a, b) => a - b));
  deepEqual(chooseLines(many, 6, randomFrom(7)), chosen);
  notDeepEqual(chooseLines(many, 6, randomFrom(8)), chosen);
});

Deno.test("randomFrom() gives numbers all over 0…1", () => {
  const random = randomFrom(3);
  const numbers = Array.from({ length: 1000 }, random);
  ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  ok(mean > 0.45 && mean < 0.55, String(mean));
});
