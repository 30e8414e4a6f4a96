import { deepEqual, equal, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { DropReport } from "../../../stream/drop_report.ts";
import { Health } from "../../../stream/health.ts";
import { StreamMonitor } from "../../../stream/monitor.ts";
import { happeningIn, reasonIn } from "./happening_words.js";
import { languages } from "./texts.js";

Deno.test("happeningIn() has words for all that Sightline itself says happened", () => {
  const logger = getLogger(["test"]);
  const health = new Health(logger, "camera");
  using drops = new DropReport(logger, () => false);
  using monitor = new StreamMonitor({
    identity: { name: "s", source: "", use_case: "u", model: "" },
    ...{ logger, health, drops },
    ...{ viewers: () => 0, queueLength: () => 0, secondaryCounts: () => null },
  });
  health.live();
  health.sourceFailed(new Error("Cannot read it"), 1, 1000);
  health.live();
  health.modelFailed(new Error("Cannot ask it"));
  health.modelFound();
  const model = { name: "m", inputs: [], outputs: [] };
  health.modelChanged({ ...model, version: "1" }, { ...model, version: "2" });
  monitor.pluginRestarted();
  monitor.useCaseFailed(new Error("at: no box"));
  health.ended();
  const { entries } = health.journal;
  deepEqual(entries.map(({ words }) => words), [
    "The first picture came",
    "Cannot read it",
    "The camera is back",
    "Cannot ask it",
    "The model answers again",
    "The model has changed: version 2 in place of 1",
    "The use case was started again",
    "The use case failed: at: no box",
    "The stream has ended",
  ]);
  // English has the same words, so nothing but these may come out.
  for (const entry of entries) equal(happeningIn(entry), entry.words);
  const heads = entries.map(({ words }) => words.split(":", 1)[0]!);
  for (const head of heads.filter((head) => !head.startsWith("Cannot"))) {
    for (const [code, texts] of Object.entries(languages)) {
      ok(Object.hasOwn(texts, `happening.${head}`), `${code}: ${head}`);
    }
  }
});

Deno.test("happeningIn() names types as the page of events does, and leaves a plugin's own", () => {
  const words = "line crossed, line door, direction in";
  equal(happeningIn({ kind: "event", words }), "Crossed line, line door, direction in");
  equal(happeningIn({ kind: "event", words: "greeted, line a" }), "greeted, line a");
});

Deno.test("reasonIn() has words for each reason of docs/events.md, and leaves others", async () => {
  const docs = await Deno.readTextFile(new URL("../../../../docs/events.md", import.meta.url));
  const [, table = ""] = /\| reason +\|[^\n]*\n\| -+ \| -+ \|\n((?:\|[^\n]*\n)+)/.exec(docs) ?? [];
  const reasons = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, reason]) => reason!);
  equal(reasons.length, 6);
  for (const texts of Object.values(languages)) {
    for (const reason of reasons) ok(Object.hasOwn(texts, `reason.${reason}`), reason);
  }
  equal(reasonIn("stop"), "Sightline ended");
  equal(reasonIn("Cannot read it: refused"), "Cannot read it: refused");
});
