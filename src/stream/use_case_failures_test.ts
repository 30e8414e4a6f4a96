import { collectLog } from "../../tests/support/log_lines.ts";
import assert from "node:assert/strict";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { UseCaseFailures } from "./use_case_failures.ts";

Deno.test("UseCaseFailures tells each distinct error at once with its stack, and its count at the end", () => {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  const failures = new UseCaseFailures(logger);
  const trace = ["helper (/a.ts:1:2)", "postprocess (/a.ts:5:6)"];
  for (let frame = 0; frame < 5; frame++) {
    failures.add(new UseCaseError("Cannot read x", { trace }));
    failures.add(new UseCaseError(`Cannot use frame ${frame}`));
  }
  assert.deepEqual(lines, [
    "error: The use case failed on 1 frames: Cannot read x, at helper (/a.ts:1:2), at postprocess (/a.ts:5:6)",
    "error: The use case failed on 1 frames: Cannot use frame 0",
  ]);
  failures[Symbol.dispose]();
  assert.deepEqual(lines.slice(2), [
    "error: The use case failed on 4 frames: Cannot read x, at helper (/a.ts:1:2)",
    "error: The use case failed on 4 frames: Cannot use frame 4",
  ]);
  assert.equal(failures.total, 10);
});

Deno.test("UseCaseFailures tells apart so many errors, and counts the others together", () => {
  using log = collectLog("plugin");
  const { logger, levelled: lines } = log;
  const failures = new UseCaseFailures(logger);
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  for (const letter of letters) failures.add(new UseCaseError(letter));
  failures[Symbol.dispose]();
  const counts = lines.map((line) => Number(/failed on (\d+) frames/.exec(line)![1]));
  assert.equal(counts.reduce((sum, count) => sum + count, 0), letters.length);
  assert.equal(lines.at(-1), "error: The use case failed on 5 frames in other ways, last: z");
});
