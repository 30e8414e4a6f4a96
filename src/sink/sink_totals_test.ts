import { equal } from "node:assert/strict";
import { SinkTotals } from "./sink_totals.ts";

Deno.test("SinkTotals says what was written as that, where records were lost", () => {
  const totals = new SinkTotals();
  const lost = { full: 619, closed: 0, unwritten: 832 };
  totals.add({
    description: "stdout",
    counts: () => ({ accepted: 1454, written: 3, lost, waiting: 0 }),
  });
  equal(
    totals.line,
    "Records were lost: stdout wrote 3 of 1454 " +
      "(619 found no room, 832 could not be written before the end)",
  );
  const whole = { accepted: 5, written: 5, waiting: 0, lost: { full: 0, closed: 0, unwritten: 0 } };
  totals.add({ description: "jsonl:r", counts: () => whole });
  equal(totals.line?.split("; ")[1], "jsonl:r wrote 5");
  equal(totals.isLossy, true, "one that lost nothing makes up for nothing");
});

Deno.test("SinkTotals sums up what was written to one place, and is lossy only by what was wanted", () => {
  const totals = new SinkTotals();
  equal(totals.line, null);
  const counts = (written: number, closed: number) => ({
    ...{ accepted: written + closed, written, waiting: 0 },
    lost: { full: 0, closed, unwritten: 0 },
  });
  totals.add({ description: "out", counts: () => counts(3, 1) });
  totals.add({ description: "out", counts: () => counts(4, 2) });
  equal(totals.isLossy, false);
  equal(totals.line, "Records written: out wrote 7 of 10 (3 after its reader had gone)");
  for (const reason of ["full", "unwritten"] as const) {
    const lossy = new SinkTotals();
    const lost = { full: 0, closed: 0, unwritten: 0, [reason]: 1 };
    lossy.add({
      description: "out",
      counts: () => ({ accepted: 1, written: 0, lost, waiting: 0 }),
    });
    equal(lossy.isLossy, true);
  }
});
