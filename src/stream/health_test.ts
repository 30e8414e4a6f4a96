import { deepEqual, equal } from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { InferenceError } from "../inference/inference.ts";
import { Health } from "./health.ts";

Deno.test("Health tells a server that drains, now answering and now not, by one line and one when it is over", () => {
  withHealth(({ health, lines, at }) => {
    for (let nowMs = 0; nowMs < 20_000; nowMs += 80) {
      at(nowMs);
      health.modelFailed(failure(nowMs % 160 === 0 ? "unavailable" : "server_error"));
      at(nowMs + 40);
      health.modelAnswered();
      equal(health.state, "model_unavailable");
    }
    at(20_940);
    health.modelAnswered();
    equal(health.state, "connecting");
    deepEqual(lines(), [
      "Cannot ask: unavailable",
      // The second kind of failure is told once, too.
      "Cannot ask: server_error",
      "Cannot ask: server_error (for 10 s now, 126 failed requests)",
      "The model answers again after 20.9 s and 250 failed requests",
    ]);
    equal(health.detail, null);
  });
});

Deno.test("Health takes a model that was looked for as found at once", () => {
  withHealth(({ health, at }) => {
    at(0);
    health.modelFailed(failure("unavailable"));
    at(5);
    health.modelFound();
    equal(health.state, "connecting");
  });
});

Deno.test("Health tells of a camera that is away when it begins, at growing intervals, and when it ends", () => {
  withHealth(({ health, lines, at }) => {
    at(0);
    health.live();
    for (let second = 20, inRow = 1; second < 213; second += 5, inRow++) {
      at(second * 1000);
      health.sourceFailed(new Error("Cannot read it: connection refused"), inRow, 5000);
    }
    at(213_000);
    health.live();
    deepEqual(lines(), [
      "cam is live",
      "Cannot read it: connection refused (attempt 1; the next one in 5.0 s)",
      "Cannot read it: connection refused (for 10 s now, attempt 3; the next one in 5.0 s)",
      "Cannot read it: connection refused (for 30 s now, attempt 7; the next one in 5.0 s)",
      "Cannot read it: connection refused (for 70 s now, attempt 15; the next one in 5.0 s)",
      "Cannot read it: connection refused (for 150 s now, attempt 31; the next one in 5.0 s)",
      "cam is back after 193.0 s and 39 failed attempts",
    ]);
  });
});

Deno.test("Health tells of a camera that comes and goes as one outage, at growing intervals", () => {
  withHealth(({ health, lines, at }) => {
    let nowMs = 0;
    for (; nowMs < 60_000; nowMs += 2_000) {
      at(nowMs);
      health.live();
      at(nowMs + 1_000);
      health.sourceFailed(new Error("the camera hung up"), 1, 1000);
    }
    for (const end = nowMs + 20_000; nowMs <= end; nowMs += 40) {
      at(nowMs);
      health.live();
    }
    at(nowMs);
    health.sourceFailed(new Error("the camera hung up"), 1, 1000);
    deepEqual(lines(), [
      "cam is live",
      "the camera hung up (attempt 1; the next one in 1.0 s)",
      "cam is back after 1.0 s and 1 failed attempts",
      "the camera hung up (for 10 s now, attempt 1; the next one in 1.0 s)",
      "cam is back after 11.0 s and 6 failed attempts",
      "the camera hung up (for 30 s now, attempt 1; the next one in 1.0 s)",
      "cam is back after 31.0 s and 16 failed attempts",
      "the camera hung up (attempt 1; the next one in 1.0 s)",
    ]);
  });
});

Deno.test("Health tells at growing intervals that a model still fails", () => {
  withHealth(({ health, lines, at }) => {
    for (let nowMs = 0; nowMs < 40_000; nowMs += 1_000) {
      at(nowMs);
      health.modelFailed(failure("unavailable"));
    }
    deepEqual(lines(), [
      "Cannot ask: unavailable",
      "Cannot ask: unavailable (for 10 s now, 11 failed requests)",
      "Cannot ask: unavailable (for 30 s now, 31 failed requests)",
    ]);
  });
});

interface Fixture {
  readonly health: Health;
  /** What was logged, in order. */
  lines(): readonly string[];
  at(nowMs: number): void;
}

function withHealth(use: (fixture: Fixture) => void): void {
  using log = collectLog();
  const { logger, messages: lines } = log;
  let nowMs = 0;
  const health = new Health({ logger, source: "cam", now: () => nowMs });
  use({
    health,
    at: (ms) => nowMs = ms,
    lines: () => lines,
  });
}

function failure(reason: "unavailable" | "server_error"): InferenceError {
  return new InferenceError(reason, `Cannot ask: ${reason}`, "");
}
