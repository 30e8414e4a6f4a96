import assert from "node:assert/strict";
import { RateLimitedReport, type Timer } from "./rate_limited_report.ts";

/** A clock that only moves when told to. */
class ManualTimer implements Timer {
  #due: { at: number; callback: () => void }[] = [];
  #now = 0;

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + ms, callback };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  /** Goes on, from one timer to the next. */
  advance(ms: number): void {
    for (; ms > 1000; ms -= 1000) this.advance(1000);
    this.#now += ms;
    const due = this.#due.filter(({ at }) => at <= this.#now);
    this.#due = this.#due.filter(({ at }) => at > this.#now);
    for (const { callback } of due) callback();
  }

  get pending(): number {
    return this.#due.length;
  }
}

function setUp() {
  const timer = new ManualTimer();
  const reports: [count: number, last: string][] = [];
  const ends: [count: number, seconds: number][] = [];
  const report = new RateLimitedReport<string>(
    (count, last) => reports.push([count, last]),
    { timer, over: (count, seconds) => ends.push([count, seconds]) },
  );
  return { timer, reports, report, ends };
}

Deno.test("RateLimitedReport reports the first occurrence at once", () => {
  const { reports, report } = setUp();
  report.add("a");
  assert.deepEqual(reports, [[1, "a"]]);
});

Deno.test("RateLimitedReport reports later ones together, at growing intervals, with the newest", () => {
  const { timer, reports, report } = setUp();
  const at: number[] = [];
  for (let second = 0; second < 300; second++) {
    const before = reports.length;
    report.add(`${second}a`);
    report.add(`${second}b`);
    if (reports.length > before) at.push(second);
    timer.advance(999);
    assert.ok(reports.length - before <= 1);
    timer.advance(1);
    if (reports.length > before) at.push(second + 1);
  }
  assert.deepEqual([...new Set(at)], [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  assert.deepEqual(reports.slice(0, 3), [[1, "0a"], [1, "0b"], [4, "2b"]]);
});

Deno.test("RateLimitedReport is silent after ten quiet intervals, and then at once again", () => {
  const { timer, reports, report, ends } = setUp();
  report.add("a");
  timer.advance(10_000);
  assert.deepEqual([reports.length, timer.pending], [1, 0]);
  report.add("b");
  assert.deepEqual(reports, [[1, "a"], [1, "b"]]);
  assert.deepEqual(ends, [], "one line tells all of it");
});

Deno.test("RateLimitedReport tells the end of what lasted, with all that it was", () => {
  const { timer, reports, report, ends } = setUp();
  for (let second = 0; second < 100; second++) {
    report.add("a");
    timer.advance(1000);
  }
  timer.advance(9_000);
  assert.deepEqual(ends, []);
  timer.advance(1_000);
  assert.deepEqual([ends, timer.pending], [[[100, 100]], 0]);
  assert.equal(reports.reduce((sum, [count]) => sum + count, 0), 100);
});

Deno.test("RateLimitedReport.total counts every occurrence, reported or not", () => {
  const { report } = setUp();
  for (let count = 0; count < 5; count++) report.add("x");
  assert.equal(report.total, 5);
});

Deno.test("RateLimitedReport.flush() reports what waits, once", () => {
  const { timer, reports, report } = setUp();
  report.add("a");
  report.add("b");
  report.flush();
  report.flush();
  timer.advance(1000);
  assert.deepEqual(reports, [[1, "a"], [1, "b"]]);
});

Deno.test("RateLimitedReport reports what waits when it is disposed, and nothing later", () => {
  const { timer, reports, report } = setUp();
  report.add("a");
  report.add("b");
  report[Symbol.dispose]();
  report.add("c");
  timer.advance(5000);
  assert.deepEqual(reports, [[1, "a"], [1, "b"]]);
  assert.deepEqual([report.total, timer.pending], [3, 0]);
});

Deno.test("RateLimitedReport does not recurse when the report itself leads to an occurrence", () => {
  const timer = new ManualTimer();
  let reports = 0;
  const report: RateLimitedReport<string> = new RateLimitedReport<string>(
    () => {
      reports++;
      report.add("again");
    },
    { timer },
  );
  report.add("a");
  assert.equal(reports, 1);
  timer.advance(1000);
  assert.equal(reports, 2);
});

Deno.test("RateLimitedReport refuses an interval that limits nothing", () => {
  assert.throws(() => new RateLimitedReport(() => {}, { intervalMs: 0 }), {
    name: "RangeError",
    message: "Cannot limit reports: interval is 0 ms, must be above 0",
  });
});

Deno.test("RateLimitedReport with the system's timer leaves nothing behind once disposed", () => {
  using report = new RateLimitedReport(() => {});
  report.add("a");
  report.add("b");
});

Deno.test("RateLimitedReport does not get rarer while there is nothing to report", () => {
  const { timer, reports, report } = setUp();
  report.add("a");
  timer.advance(4000);
  report.add("b");
  timer.advance(1000);
  assert.deepEqual(reports, [[1, "a"], [1, "b"]]);
});

Deno.test("RateLimitedReport works without a listener of its end, and may be disposed before it began, or twice", () => {
  const timer = new ManualTimer();
  const reports: number[] = [];
  const report = new RateLimitedReport<string>((count) => reports.push(count), { timer });
  for (const occurrence of ["a", "b"]) report.add(occurrence);
  timer.advance(12_000);
  assert.deepEqual([reports, timer.pending], [[1, 1], 0]);
  for (let time = 0; time < 2; time++) report[Symbol.dispose]();
  const unused = new RateLimitedReport(() => reports.push(0), { timer });
  unused[Symbol.dispose]();
  assert.deepEqual(reports, [1, 1]);
});

Deno.test("RateLimitedReport reports by the system's timer what came after the first", async () => {
  const both = Promise.withResolvers<void>();
  const reports: number[] = [];
  using report = new RateLimitedReport<string>((count) => {
    if (reports.push(count) === 2) both.resolve();
  }, { intervalMs: 1 });
  for (const occurrence of ["a", "b", "c"]) report.add(occurrence);
  // Its own timer keeps nothing alive.
  const awake = setTimeout(() => both.reject(new Error("nothing came")), 20_000);
  await both.promise.finally(() => clearTimeout(awake));
  assert.deepEqual(reports, [1, 2]);
});
