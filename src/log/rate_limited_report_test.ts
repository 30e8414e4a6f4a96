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

  advance(ms: number): void {
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
  const report = new RateLimitedReport<string>(
    (count, last) => reports.push([count, last]),
    1000,
    timer,
  );
  return { timer, reports, report };
}

Deno.test("RateLimitedReport reports the first occurrence at once", () => {
  const { reports, report } = setUp();
  report.add("a");
  assert.deepEqual(reports, [[1, "a"]]);
});

Deno.test("RateLimitedReport reports later ones together, once an interval, with the newest", () => {
  const { timer, reports, report } = setUp();
  for (const occurrence of ["a", "b", "c"]) report.add(occurrence);
  timer.advance(999);
  assert.deepEqual(reports, [[1, "a"]]);
  timer.advance(1);
  assert.deepEqual(reports, [[1, "a"], [2, "c"]]);
  report.add("d");
  timer.advance(999);
  assert.equal(reports.length, 2);
  timer.advance(1);
  assert.deepEqual(reports[2], [1, "d"]);
});

Deno.test("RateLimitedReport is silent after a quiet interval, and then at once again", () => {
  const { timer, reports, report } = setUp();
  report.add("a");
  timer.advance(1000);
  assert.deepEqual([reports.length, timer.pending], [1, 0]);
  report.add("b");
  assert.deepEqual(reports, [[1, "a"], [1, "b"]]);
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
    1000,
    timer,
  );
  report.add("a");
  assert.equal(reports, 1);
  timer.advance(1000);
  assert.equal(reports, 2);
});

Deno.test("RateLimitedReport refuses an interval that limits nothing", () => {
  assert.throws(() => new RateLimitedReport(() => {}, 0), {
    name: "RangeError",
    message: "Cannot limit reports: interval is 0 ms, must be above 0",
  });
});

Deno.test("RateLimitedReport with the system's timer leaves nothing behind once disposed", () => {
  using report = new RateLimitedReport(() => {});
  report.add("a");
  report.add("b");
});
