import assert from "node:assert/strict";
import { array, assert as check, integer, property } from "fast-check";
import { LogHistogram } from "./log_histogram.ts";

Deno.test("LogHistogram tells each percentile to a thousandth of what sorting tells", () => {
  const values = array(integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 50 });
  check(property(values, values, integer({ min: 1, max: 100 }), (some, others, percent) => {
    const histograms = [some, others].map((values) => {
      const histogram = new LogHistogram();
      for (const value of values) histogram.record(value);
      return histogram;
    });
    const sorted = [...some, ...others].sort((a, b) => a - b);
    const wanted = sorted[Math.ceil(sorted.length * percent / 100) - 1]!;
    const told = LogHistogram.percentile(histograms, percent);
    assert.ok(Math.abs(told - wanted) <= wanted / 1000, `${told} is not ${wanted}`);
    assert.equal(Math.max(...histograms.map(({ max }) => max)), sorted.at(-1));
  }));
});

Deno.test("LogHistogram counts what is beyond its end as its end, and is empty after reset()", () => {
  const histogram = new LogHistogram();
  histogram.record(1e15);
  histogram.record(3);
  assert.deepEqual([histogram.count, histogram.max], [2, 0xffff_ffff]);
  histogram.reset();
  assert.deepEqual([histogram.count, histogram.max], [0, 0]);
  assert.equal(LogHistogram.percentile([histogram], 99), 0);
});
