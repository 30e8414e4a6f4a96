import assert from "node:assert/strict";
import type { Logger } from "@logtape/logtape";
import { DropReport } from "./drop_report.ts";

function setUp(several: boolean) {
  const lines: string[] = [];
  let tick = () => {};
  const say = (template: string, values: Record<string, unknown>) => {
    lines.push(template.replace(/\{(\w+)\}/g, (_, name) => String(values[name])));
  };
  const logger = { warn: say, info: say } as unknown as Logger;
  const timer = {
    after(_ms: number, callback: () => void) {
      tick = callback;
      return () => {};
    },
  };
  const report = new DropReport(logger, () => several, timer);
  return { report, lines, second: () => tick() };
}

Deno.test("DropReport says at once that frames are dropped, then how many, then that it is over", () => {
  const { report, lines, second } = setUp(false);
  report.add("a", "queue_full");
  for (let i = 0; i < 7; i++) report.add("a", "queue_full");
  report.add("a", "too_old");
  for (let i = 0; i < 11; i++) second();
  report.add("a", "too_old");
  assert.deepEqual(lines, [
    "1 frames dropped: 1 queue_full",
    "8 frames dropped: 7 queue_full and 1 too_old",
    "No frames are dropped any more; in 1 s 9 were",
    "1 frames dropped: 1 too_old",
  ]);
});

Deno.test("DropReport has one line for all streams, which it names", () => {
  const { report, lines, second } = setUp(true);
  for (const stream of ["north", "south", "north", "west"]) report.add(stream, "queue_full");
  report.add("south", "too_old");
  second();
  assert.deepEqual(lines, [
    "1 frames dropped: north 1 queue_full",
    "4 frames dropped: south 1 queue_full and 1 too_old, north 1 queue_full, west 1 queue_full",
  ]);
});

Deno.test("DropReport says at the end what was not said yet", () => {
  const { report, lines } = setUp(false);
  for (let i = 0; i < 3; i++) report.add("a", "error");
  report[Symbol.dispose]();
  assert.deepEqual(lines, ["1 frames dropped: 1 error", "2 frames dropped: 2 error"]);
});
