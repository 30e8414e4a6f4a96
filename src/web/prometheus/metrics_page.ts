/** The text that Prometheus reads. */

import { type Metric, type MetricObjectWithValues, type MetricValue, Registry } from "prom-client";
import type { Family, MetricSample } from "../../metrics/carried_counters.ts";

/** Renders samples in the text format, families in the order of their first sample. */
export async function metricsPage(samples: Iterable<MetricSample>): Promise<string> {
  const values = new Map<Family, MetricWithName[]>();
  for (const { family, labels, value, part } of samples) {
    const metricName = part === undefined ? family.name : `${family.name}_${part}`;
    const before = values.get(family);
    if (before === undefined) values.set(family, [{ metricName, labels, value }]);
    else before.push({ metricName, labels, value });
  }
  const registry = new Registry();
  for (const [family, ofFamily] of values) {
    const object = { ...family, values: ofFamily, aggregator: "sum" };
    // The counters exist already and are read at each scrape: instruments of the library would
    // count everything twice. Of a metric the registry wants no more than this.
    const metric = { name: family.name, get: () => Promise.resolve(object) };
    registry.registerMetric(metric as unknown as Metric);
  }
  return await registry.metrics();
}

type MetricWithName = MetricObjectWithValues<MetricValue<string>>["values"][number] & {
  readonly metricName: string;
};
