import assert from "node:assert/strict";
import { OngoingError } from "./ongoing_error.ts";

Deno.test("OngoingError is told when it begins, at growing intervals, and when it ends", () => {
  let nowMs = 5_000;
  const error = new OngoingError(() => nowMs);
  assert.equal(error.end(), null);
  const told: string[] = [];
  for (let second = 0; second < 200; second++) {
    const line = error.occurred();
    if (line !== null) told.push(`${line} ${second}`);
    nowMs += 1_000;
  }
  assert.deepEqual(told, ["began 0", "lasts 10", "lasts 30", "lasts 70", "lasts 150"]);
  assert.deepEqual(error.end(), { seconds: 200, times: 200 });
  assert.deepEqual([error.end(), error.occurred()], [null, "began"]);
});

Deno.test("OngoingError is told every hour at least, and not before it occurs again", () => {
  let nowMs = 0;
  const error = new OngoingError(() => nowMs);
  error.occurred();
  let lines = 0;
  for (let minute = 0; minute < 24 * 60; minute++) {
    nowMs += 60_000;
    if (error.occurred() !== null) lines++;
  }
  assert.ok(lines >= 24 + 6 && lines <= 24 + 10, String(lines));
});
