/** Metric samples of a stream. */

import type { Histogram } from "../../metrics/histogram.ts";
import type { Family, MetricSample } from "../../metrics/carried_counters.ts";
import type { StreamMonitor } from "../../stream/monitor.ts";
import { streamStates } from "../../stream/status.ts";

function counter(name: string, help: string): Family {
  return { name: `sightline_${name}`, type: "counter", help };
}

function gauge(name: string, help: string): Family {
  return { name: `sightline_${name}`, type: "gauge", help };
}

function histogram(name: string, help: string): Family {
  return { name: `sightline_${name}`, type: "histogram", help };
}

const families = {
  received: counter("frames_received_total", "Frames that came from the source."),
  processed: counter("frames_processed_total", "Frames that became a record."),
  dropped: counter("frames_dropped_total", "Frames that became no record, by the reason."),
  inFlight: gauge(
    "frames_in_flight",
    "Frames received that are neither processed nor dropped yet.",
  ),
  queue: gauge("stream_queue_frames", "Frames that wait for an executor."),
  requests: gauge("inference_requests", "Requests that wait for an answer."),
  age: histogram("result_age_seconds", "From demux to record."),
  inference: histogram(
    "inference_duration_seconds",
    "One request, without its wait for a turn at the model.",
  ),
  inferenceFailures: counter("inference_failures_total", "Requests that failed."),
  state: gauge("stream_state", "1 for the state in which the stream is, 0 for the others."),
  reconnects: counter("stream_reconnects_total", "Times that the source was started again."),
  call: histogram("plugin_call_duration_seconds", "One call of the plugin."),
  pluginFailures: counter("plugin_failures_total", "Calls of the plugin that failed."),
  pluginRestarts: counter("plugin_restarts_total", "Times that the plugin was started again."),
  secondary: counter(
    "secondary_detections_total",
    "Detections that a secondary model was to look at, by what became of them.",
  ),
  graphOutputs: counter(
    "graph_outputs_total",
    "Outputs that a graph sent in a stream, by what became of them.",
  ),
  graphStreams: counter("graph_streams_total", "Streams to a graph that were opened."),
  viewers: gauge("viewers", "Viewers of the live view."),
};

/** All figures of one stream; each label has a fixed set of values but the stream's name. */
export function* streamSamples(monitor: StreamMonitor): Generator<MetricSample> {
  const { ledger, health } = monitor;
  const { name, viewers, state: current, secondary } = monitor.status();
  const labels = { stream: name };
  const one = (family: Family, value: number): MetricSample => ({ family, labels, value });
  const { received, processed, dropped, in_flight } = ledger.counts();
  yield one(families.received, received);
  yield one(families.processed, processed);
  for (const [reason, value] of Object.entries(dropped)) {
    yield { family: families.dropped, labels: { ...labels, reason }, value };
  }
  yield one(families.inFlight, in_flight);
  yield one(families.queue, monitor.queueLength);
  yield one(families.requests, monitor.requests);
  yield* distribution(families.age, labels, monitor.ages.histogram);
  yield* distribution(families.inference, labels, monitor.inferences.histogram);
  yield one(families.inferenceFailures, health.modelFailures);
  for (const state of streamStates) {
    const value = state === current ? 1 : 0;
    yield { family: families.state, labels: { ...labels, state }, value };
  }
  yield one(families.reconnects, health.reconnects);
  for (const [call, durations] of Object.entries(monitor.calls)) {
    yield* distribution(families.call, { ...labels, call }, durations);
  }
  yield one(families.pluginFailures, monitor.useCaseFailures);
  yield one(families.pluginRestarts, monitor.pluginRestarts);
  for (const [outcome, value] of Object.entries(secondary ?? {})) {
    yield { family: families.secondary, labels: { ...labels, outcome }, value };
  }
  if (monitor.graph) {
    const { sessions, ...outputs } = monitor.graph;
    yield one(families.graphStreams, sessions);
    for (const [outcome, value] of Object.entries(outputs)) {
      yield { family: families.graphOutputs, labels: { ...labels, outcome }, value };
    }
  }
  yield one(families.viewers, viewers);
}

/** The numbers of a histogram. */
export function* distribution(
  family: Family,
  labels: MetricSample["labels"],
  durations: Histogram,
): Generator<MetricSample> {
  const { bounds, sum } = durations;
  const counts = durations.cumulative();
  for (const [index, value] of counts.entries()) {
    const le = bounds[index] ?? "+Inf";
    yield { family, part: "bucket", labels: { le, ...labels }, value };
  }
  yield { family, part: "sum", labels, value: sum };
  yield { family, part: "count", labels, value: counts.at(-1)! };
}
