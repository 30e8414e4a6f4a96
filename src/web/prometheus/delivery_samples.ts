/** Metric samples of the destinations of events. */

import type { OutboxCounts } from "../../delivery/outbox.ts";
import type { Family, MetricSample } from "../../metrics/carried_counters.ts";

const families = {
  accepted: {
    name: "sightline_delivery_accepted_events_total",
    type: "counter",
    help: "Events that a destination shall have: delivered, dropped and waiting ones together.",
  },
  delivered: {
    name: "sightline_delivery_events_total",
    type: "counter",
    help: "Events that a destination has taken.",
  },
  dropped: {
    name: "sightline_delivery_dropped_events_total",
    type: "counter",
    help: "Events that a destination does not get, by the reason.",
  },
  waiting: {
    name: "sightline_delivery_waiting_events",
    type: "gauge",
    help: "Events that wait for a destination.",
  },
  waitingBytes: {
    name: "sightline_delivery_waiting_bytes",
    type: "gauge",
    help: "The same in bytes of JSON.",
  },
  oldestAge: {
    name: "sightline_delivery_oldest_age_seconds",
    type: "gauge",
    help: "Age of the oldest event that waits for a destination; 0 when none does.",
  },
  failures: {
    name: "sightline_delivery_failures_total",
    type: "counter",
    help: "Attempts to reach a destination that failed, since this process began.",
  },
  disabled: {
    name: "sightline_delivery_disabled",
    type: "gauge",
    help: "1 while a destination wants no more events.",
  },
} satisfies Readonly<Record<string, Family>>;

/** The books of each destination. */
export function* deliverySamples(destinations: readonly OutboxCounts[]): Generator<MetricSample> {
  for (const counts of destinations) {
    const labels = { destination: counts.name };
    yield { family: families.accepted, labels, value: counts.accepted };
    yield { family: families.delivered, labels, value: counts.delivered };
    for (const reason of ["expired", "full", "refused"] as const) {
      yield { family: families.dropped, labels: { ...labels, reason }, value: counts[reason] };
    }
    yield { family: families.waiting, labels, value: counts.waiting };
    yield { family: families.waitingBytes, labels, value: counts.waitingBytes };
    yield { family: families.oldestAge, labels, value: counts.oldestAgeMs / 1000 };
    yield { family: families.failures, labels, value: counts.failures };
    yield { family: families.disabled, labels, value: counts.disabled === null ? 0 : 1 };
  }
}
