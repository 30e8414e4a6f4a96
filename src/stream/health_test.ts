import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import { deepEqual, equal } from "node:assert/strict";
import { InferenceError } from "../inference/inference.ts";
import { Health } from "./health.ts";

Deno.test("Health tells a server that drains, now answering and now not, by one line and one when it is over", async () => {
  await withHealth(({ health, lines, at }) => {
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
      "The model answers again after 20.9 s and 250 failed requests",
      "Cannot ask: server_error",
    ]);
    equal(health.detail, null);
  });
});

Deno.test("Health takes a model that was looked for as found at once", async () => {
  await withHealth(({ health, at }) => {
    at(0);
    health.modelFailed(failure("unavailable"));
    at(5);
    health.modelFound();
    equal(health.state, "connecting");
  });
});

interface Fixture {
  readonly health: Health;
  /** What was logged, in order; what a limit held back comes last. */
  lines(): string[];
  at(nowMs: number): void;
}

async function withHealth(use: (fixture: Fixture) => void): Promise<void> {
  const records: LogRecord[] = [];
  await configure({
    sinks: { memory: (record) => void records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
      { category: "health_test", sinks: ["memory"] },
    ],
  });
  try {
    let nowMs = 0;
    const health = new Health({ logger: getLogger("health_test"), source: "", now: () => nowMs });
    use({
      health,
      at: (ms) => nowMs = ms,
      lines: () => {
        health[Symbol.dispose]();
        return records.map(({ message }) => message.join(""));
      },
    });
    health[Symbol.dispose]();
  } finally {
    await reset();
  }
}

function failure(reason: "unavailable" | "server_error"): InferenceError {
  return new InferenceError(reason, `Cannot ask: ${reason}`, "");
}
