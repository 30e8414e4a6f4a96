import assert from "node:assert/strict";
import { Distribution } from "./distribution.ts";

Deno.test("Distribution is all zero while it is empty", () => {
  assert.deepEqual(new Distribution().total(), { p50: 0, p95: 0, p99: 0, max: 0 });
});

Deno.test("Distribution tells percentiles to three digits", () => {
  const ages = new Distribution();
  for (let ms = 1; ms <= 1000; ms++) ages.add(ms);
  const { p50, p95, p99, max } = ages.total();
  for (const [value, wanted] of [[p50, 500], [p95, 950], [p99, 990], [max, 1000]] as const) {
    assert.ok(Math.abs(value - wanted) <= wanted * 0.002, `${value} is not ${wanted}`);
  }
  assert.equal(ages.count, 1000);
});

Deno.test("Distribution.recent() forgets what is older than ten seconds", () => {
  let nowMs = 0;
  const ages = new Distribution(() => nowMs);
  ages.add(4000);
  nowMs = 6_000;
  ages.add(20);
  assert.ok(ages.recent().max > 3900, "still within the window");
  nowMs = 12_000;
  ages.add(30);
  assert.ok(ages.recent().max < 31, "out of the window");
  nowMs = 60_000;
  assert.equal(ages.recent().max, 0);
  assert.ok(ages.total().max > 3900, "the whole life keeps it");
});

Deno.test("Distribution counts a negative duration as none", () => {
  const ages = new Distribution();
  ages.add(-5);
  assert.deepEqual([ages.count, ages.total().max], [1, 0]);
});

Deno.test("Distribution takes less than half a megabyte, whatever is asked of it", () => {
  const begin = Deno.memoryUsage().rss;
  const kept = Array.from({ length: 200 }, () => {
    const ages = new Distribution();
    for (let ms = 5; ms < 500; ms += 5) ages.add(ms);
    ages.recent();
    return ages;
  });
  const each = (Deno.memoryUsage().rss - begin) / kept.length;
  assert.ok(each < 500_000, `${each} bytes`);
});
