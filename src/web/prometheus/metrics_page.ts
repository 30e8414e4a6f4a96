/** Samples in Prometheus's text exposition format, version 0.0.4. */

import type { Family, MetricSample } from "../../metrics/carried_counters.ts";

/** The page, with the samples of each family together, families in the order of their first sample. */
export function metricsPage(samples: Iterable<MetricSample>): string {
  const lines = new Map<Family, string[]>();
  for (const { family, labels, value, part } of samples) {
    const name = part === undefined ? family.name : `${family.name}_${part}`;
    const line = `${name}${labelsOf(labels)} ${formatValue(value)}`;
    const before = lines.get(family);
    if (before === undefined) lines.set(family, [line]);
    else before.push(line);
  }
  const blocks = [...lines].map(([{ name, help, type }, ofFamily]) =>
    [`# HELP ${name} ${escape(help)}`, `# TYPE ${name} ${type}`, ...ofFamily].join("\n")
  );
  return `${blocks.join("\n\n")}\n`;
}

function labelsOf(labels: MetricSample["labels"]): string {
  const parts = Object.entries(labels).map(([name, value]) =>
    `${name}="${escape(String(value)).replaceAll('"', '\\"')}"`
  );
  return parts.length === 0 ? "" : `{${parts.join()}}`;
}

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function formatValue(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
