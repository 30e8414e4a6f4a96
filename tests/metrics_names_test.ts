/** Documentation, dashboard and alerts name what `/metrics` really gives. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { dashboardQueries } from "./support/dashboard.ts";
import { promtool, promtoolReason, runPromtool } from "./support/metrics_text.ts";
import { poll } from "./support/poll.ts";
import { demoGraph, demoModel, withApp } from "./support/with_app.ts";
import { withModelServer } from "./support/with_model_server.ts";

const root = new URL("../", import.meta.url);

/** What Prometheus adds to each series, and what a histogram has. */
const commonLabels = ["job", "instance", "le"];

/** Label names by metric, of an app in which everything is at work. */
async function servedMetrics(): Promise<Map<string, Set<string>>> {
  const served = new Map<string, Set<string>>();
  const secondary = { no_model: true, use_case: "plugins/motion.ts" };
  // Nobody listens at that port.
  const sink = ["jsonl:/dev/null", "webhook+http://127.0.0.1:9/hook"];
  const output = ["rtsp://127.0.0.1:9/door"];
  const door = { isolation: "process", secondary, sink, output };
  const modelPath = fileURLToPath(new URL("demo/person_vehicle_bike.onnx", root));
  await using server = await withModelServer({ modelPath, flags: ["--graphs"] });
  await withApp({ door, yard: demoModel, hall: demoGraph(server) }, async ({ scrape }) => {
    let text = "";
    await poll("ffmpeg and plugin are measured, and an event was told", async () => {
      text = await scrape();
      if (
        !text.includes("sightline_events_total{") ||
        !text.includes("sightline_graph_streams_total{")
      ) {
        return false;
      }
      return Deno.build.os !== "linux" ||
        text.includes("sightline_ffmpeg_cpu") && text.includes("sightline_plugin_cpu");
    }, 20_000);
    for (const [, name] of text.matchAll(/^# TYPE (\w+)/gm)) served.set(name!, new Set());
    for (const [, name, labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
      const known = served.get(name!) ?? served.get(name!.replace(/_(bucket|sum|count)$/, ""));
      for (const [, label] of labels.matchAll(/(\w+)="/g)) known!.add(label!);
    }
  });
  return served;
}

const served = await servedMetrics();

/** Every expression of the dashboard, its variables filled in. */
async function dashboardExpressions(): Promise<string[]> {
  return (await dashboardQueries("1m")).map(({ expr }) => expr);
}

function assertServed(expressions: string): void {
  let seen = 0;
  for (
    const [, name, selector = ""] of expressions.matchAll(
      /\b((?:sightline|process)_\w+)(?:\{([^}]*)\})?/g,
    )
  ) {
    const labels = served.get(name!) ?? served.get(name!.replace(/_(bucket|sum|count)$/, ""));
    assert.ok(labels !== undefined, `/metrics has no ${name}`);
    for (const [, label] of selector.matchAll(/(\w+)\s*[!=]~?\s*"/g)) {
      assert.ok(labels.has(label!) || commonLabels.includes(label!), `${name} has no ${label}`);
    }
    seen++;
  }
  assert.ok(seen > 10);
}

Deno.test("docs/metrics.md names every metric there is, and no other", async () => {
  const docs = await Deno.readTextFile(new URL("docs/metrics.md", root));
  const documented = Array.from(docs.matchAll(/^\| `(\w+)` /gm), ([, name]) => name);
  assert.deepEqual(documented.toSorted(), [...served.keys()].toSorted());
});

Deno.test("the dashboard asks for metrics and labels that there are", async () => {
  const expressions = await dashboardExpressions();
  assertServed(expressions.join("\n"));
  const drawn = expressions.join("\n");
  const missing = [...served.keys()].filter((name) => !drawn.includes(name));
  assert.deepEqual(missing, [], "every metric is on the dashboard");
});

Deno.test("the alerts ask for metrics and labels that there are", async () => {
  const text = await Deno.readTextFile(new URL("deploy/grafana/alerts.yaml", root));
  assertServed(text);
});

Deno.test(`promtool understands dashboard and alerts${promtoolReason}`, {
  ignore: promtool === null,
}, async () => {
  await runPromtool(["test", "rules", new URL("deploy/grafana/alerts_test.yaml", root).pathname]);
  const rules = (await dashboardExpressions()).map((expr, index) => ({
    record: `panel:${index}`,
    expr,
  }));
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    // JSON is YAML.
    await Deno.writeTextFile(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
    await runPromtool(["check", "rules", file]);
  } finally {
    await Deno.remove(file);
  }
});
