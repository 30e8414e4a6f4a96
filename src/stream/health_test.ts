import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { collectLog } from "../../tests/support/log_lines.ts";
import { InferenceError } from "../inference/inference.ts";
import { SourceError } from "../source/source.ts";
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
  const health = new Health(logger, "cam", { now: () => nowMs });
  use({
    health,
    at: (ms) => nowMs = ms,
    lines: () => lines,
  });
}

function failure(reason: "unavailable" | "server_error"): InferenceError {
  return new InferenceError(reason, `Cannot ask: ${reason}`, "");
}

Deno.test("Health follows a camera from its first attempt to its end, and tells what happens", () => {
  using log = collectLog();
  const told: unknown[] = [];
  let nowMs = 0;
  const health = new Health(log.logger, "cam", {
    onHappening: (type, reason, data) => told.push([type, reason, data]),
    now: () => nowMs,
  });
  const shown = () => [health.state, health.detail, health.reconnects];
  const refused = new SourceError("unreachable", "Cannot reach it", "is it on?");
  health.connecting();
  deepEqual(shown(), ["connecting", null, 0]);
  health.sourceFailed(refused, 1, 1000);
  deepEqual(shown(), ["connecting", "Cannot reach it; is it on?", 1]);
  health.connecting();
  nowMs = 2000;
  health.sourceFailed(refused, 2, 2000);
  nowMs = 4000;
  health.live();
  deepEqual(shown(), ["live", null, 2]);
  health.live();
  nowMs = 5000;
  health.sourceFailed(new SourceError("stalled", "No picture for 5 s", ""), 1, 1000);
  deepEqual(shown(), ["stalled", "No picture for 5 s", 3]);
  health.connecting();
  health.sourceFailed(refused, 2, 1000);
  equal(health.state, "reconnecting");
  nowMs = 7000;
  health.live();
  health.ended();
  deepEqual(shown(), ["ended", null, 4]);
  health.failed(new Error("Cannot go on"));
  deepEqual(shown(), ["failed", "Cannot go on", 4]);
  deepEqual(told, [
    ["stream_lost", "Cannot reach it; is it on?", undefined],
    ["stream_live", undefined, undefined],
    ["stream_lost", "No picture for 5 s", undefined],
    ["stream_live", undefined, undefined],
  ]);
  deepEqual(health.journal.entries.map(({ kind, words }) => `${kind}: ${words}`), [
    "error: Cannot reach it; is it on?",
    "state: The first picture came",
    "error: No picture for 5 s",
    "error: Cannot reach it; is it on?",
    "state: The camera is back",
    "state: The stream has ended",
    "error: Cannot go on",
  ]);
  deepEqual(log.messages, [
    "Connecting to cam",
    "Cannot reach it; is it on? (attempt 1; the next one in 1.0 s)",
    "cam is live after 4.0 s and 2 failed attempts",
    "No picture for 5 s (attempt 1; the next one in 1.0 s)",
    "cam is back after 7.0 s and 4 failed attempts",
  ]);
});

Deno.test("Health says once that it connects, also after a run that came to nothing", () => {
  withHealth(({ health, lines }) => {
    health.connecting();
    health.live();
    health.connecting();
    deepEqual(lines(), ["Connecting to cam", "cam is live"]);
  });
});

Deno.test("Health shows a camera's outage rather than a model's, and last that a use case is an older one", () => {
  using log = collectLog();
  const told: string[] = [];
  const { logger } = log;
  const health = new Health(logger, "cam", { onHappening: (type) => told.push(type) });
  health.useCaseError = "line 3 is wrong";
  equal(health.detail, "line 3 is wrong");
  health.modelFailed(failure("unavailable"));
  deepEqual(told, ["model_unavailable"]);
  health.modelFailed(failure("unavailable"));
  deepEqual([health.state, health.detail], ["model_unavailable", "Cannot ask: unavailable"]);
  health.live();
  equal(health.state, "model_unavailable");
  health.sourceFailed(new Error("gone"), 1, 1000);
  deepEqual([health.state, health.detail], ["reconnecting", "gone"]);
  health.live();
  health.modelFound();
  health.modelFound();
  deepEqual([health.state, health.detail, health.modelFailures], ["live", "line 3 is wrong", 2]);
  deepEqual(told, [
    ...["model_unavailable", "stream_live", "stream_lost", "stream_live", "model_available"],
  ]);
  const { entries } = health.journal;
  deepEqual([entries.length, entries[0]?.words], [5, "Cannot ask: unavailable"]);
  equal(entries.at(-1)?.words, "The model answers again");
});

Deno.test("Health takes a model for steady a second after its last failure, and not before", () => {
  withHealth(({ health, at }) => {
    health.modelFailed(failure("unavailable"));
    at(500);
    health.modelFailed(failure("unavailable"));
    at(1499);
    health.modelAnswered();
    equal(health.state, "model_unavailable");
    at(1500);
    health.modelAnswered();
    equal(health.state, "connecting");
  });
});

Deno.test("Health takes a camera for steady ten seconds after it came back, and not before", () => {
  for (const [liveMs, isNew] of [[9_999, false], [10_000, true]] as const) {
    withHealth(({ health, lines, at }) => {
      const lost = (nowMs: number) => {
        at(nowMs);
        health.sourceFailed(new Error("gone"), 1, 1000);
      };
      health.live();
      lost(1000);
      at(3000);
      health.live();
      lost(3000 + liveMs);
      const line = isNew ? "gone (attempt 1; " : "gone (for 12 s now, attempt 1; ";
      equal(lines().at(-1), `${line}the next one in 1.0 s)`);
    });
  }
});

Deno.test("Health says how a model has changed", () => {
  withHealth(({ health, lines }) => {
    const model = (version?: string) => ({
      ...{ name: "m", inputs: [], outputs: [] },
      ...(version !== undefined && { version }),
    });
    health.modelChanged(model("1"), model("1"));
    health.modelChanged(model(), model("2"));
    health.modelChanged(model("2"), model());
    deepEqual(lines(), [
      "The model has changed: other inputs or outputs",
      "The model has changed: version 2 in place of unknown",
      "The model has changed: version unknown in place of 2",
    ]);
    equal(health.journal.entries[1]?.words, lines()[1]);
  });
});

Deno.test("Health takes secrets out of what it shows, writes down and tells", () => {
  using log = collectLog();
  const told: unknown[] = [];
  const health = new Health(log.logger, "cam", {
    onHappening: (_type, reason, data) => told.push(reason, data),
    mask: (text) => text.replaceAll("geheim", "***"),
  });
  const shown: unknown[] = [];
  const failed = new Error("it says geheim");
  health.sourceFailed(failed, 1, 0);
  shown.push(health.detail);
  health.live();
  health.modelFailed(failed);
  shown.push(health.detail);
  const served = { name: "m", inputs: [], outputs: [] };
  health.modelChanged({ ...served, version: "geheim" }, { ...served, version: "2" });
  health.modelFound();
  health.useCaseError = "geheim is wrong";
  shown.push(health.detail, health.useCaseError);
  health.failed(failed);
  shown.push(health.detail);
  health.journal.addEvent({ type: "told", password: "geheim" });
  const all = JSON.stringify([shown, told, health.journal.entries, log.messages]);
  match(all, /it says \*\*\*.*\*\*\* is wrong.*version 2 in place of \*\*\*.*password \*\*\*/);
  doesNotMatch(all.replace('"version_before":"geheim"', ""), /geheim/);
});
