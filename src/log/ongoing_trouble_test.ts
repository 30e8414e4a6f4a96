import assert from "node:assert/strict";
import { OngoingTrouble } from "./ongoing_trouble.ts";

Deno.test("OngoingTrouble is told when it begins, at growing intervals, and when it ends", () => {
  let nowMs = 5_000;
  const trouble = new OngoingTrouble(() => nowMs);
  assert.equal(trouble.end(), null);
  const told: string[] = [];
  for (let second = 0; second < 200; second++) {
    const line = trouble.met();
    if (line !== null) told.push(`${line} ${second}`);
    nowMs += 1_000;
  }
  assert.deepEqual(told, ["began 0", "lasts 10", "lasts 30", "lasts 70", "lasts 150"]);
  assert.deepEqual(trouble.end(), { seconds: 200, times: 200 });
  assert.deepEqual([trouble.end(), trouble.met()], [null, "began"]);
});

Deno.test("OngoingTrouble is told every hour at least, and not before it is met again", () => {
  let nowMs = 0;
  const trouble = new OngoingTrouble(() => nowMs);
  trouble.met();
  let lines = 0;
  for (let minute = 0; minute < 24 * 60; minute++) {
    nowMs += 60_000;
    if (trouble.met() !== null) lines++;
  }
  assert.ok(lines >= 24 + 6 && lines <= 24 + 10, String(lines));
});
