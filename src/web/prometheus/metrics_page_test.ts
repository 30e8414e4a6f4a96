import { equal } from "node:assert/strict";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Family, MetricSample } from "../../metrics/carried_counters.ts";
import { metricsPage } from "./metrics_page.ts";

const frames: Family = { name: "frames_total", type: "counter", help: 'Frames,\n"in" \\ out.' };
const waiting: Family = { name: "waiting", type: "gauge", help: "Waiting." };
const age: Family = { name: "age_seconds", type: "histogram", help: "Age." };
const odd = 'a "door" \\ yard\n2';

Deno.test("metricsPage() writes what Prometheus's own library does", async () => {
  const registers = [new Registry()];
  const counter = new Counter({ ...frames, labelNames: ["stream", "reason"], registers });
  counter.inc({ stream: odd, reason: "too_old" }, 12.5);
  counter.inc({ stream: "yard", reason: "error" }, 0);
  new Gauge({ ...waiting, registers }).set(-Infinity);
  const histogram = new Histogram({ ...age, buckets: [0.1, 1], labelNames: ["stream"], registers });
  histogram.observe({ stream: "yard" }, 0.5);
  histogram.observe({ stream: "yard" }, 7);
  const labels = { stream: "yard" };
  const bucket = (le: string | number, value: number): MetricSample => ({
    ...{ family: age, part: "bucket", labels: { le, ...labels }, value },
  });
  equal(
    metricsPage([
      { family: frames, labels: { stream: odd, reason: "too_old" }, value: 12.5 },
      { family: waiting, labels: {}, value: -Infinity },
      bucket(0.1, 0),
      bucket(1, 1),
      // Of a family that was begun before.
      { family: frames, labels: { stream: "yard", reason: "error" }, value: 0 },
      bucket("+Inf", 2),
      { family: age, part: "sum", labels, value: 7.5 },
      { family: age, part: "count", labels, value: 2 },
    ]),
    await registers[0]!.metrics(),
  );
});

Deno.test("metricsPage() writes numbers that are not finite as Prometheus reads them", () => {
  const lines = [Infinity, NaN, 1e21].map((value) => ({ family: waiting, labels: {}, value }));
  equal(
    metricsPage(lines),
    "# HELP waiting Waiting.\n# TYPE waiting gauge\nwaiting +Inf\nwaiting NaN\nwaiting 1e+21\n",
  );
});
