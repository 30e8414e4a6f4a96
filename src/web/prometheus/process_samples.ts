/** Metric samples of this process, its children, models and sinks. */

import process from "node:process";
import type { EventLogFigures } from "../../events/event_log.ts";
import type { MediaCounts } from "../../media/event_media.ts";
import type { ModelQueue } from "../../inference/sharing/shared_model.ts";
import type { ChildUsage } from "../../metrics/child_processes.ts";
import type { Family, MetricSample } from "../../metrics/carried_counters.ts";
import { distribution } from "./stream_samples.ts";
import { lossReasons, type Sink } from "../../sink/sink.ts";

const families = {
  build: {
    name: "sightline_build_info",
    type: "gauge",
    help: "Always 1; the labels name the program and what it runs on.",
  },
  start: {
    name: "process_start_time_seconds",
    type: "gauge",
    help: "When this process began, since the Unix epoch.",
  },
  cpu: {
    name: "process_cpu_seconds_total",
    type: "counter",
    help: "CPU time of this process, its children not included.",
  },
  memory: {
    name: "process_resident_memory_bytes",
    type: "gauge",
    help: "Memory that this process holds, its children not included.",
  },
  ffmpegCpu: {
    name: "sightline_ffmpeg_cpu_seconds_total",
    type: "counter",
    help:
      "CPU time of the ffmpeg processes of a camera: decode feeds the model, view the live view, media pictures of events.",
  },
  ffmpegMemory: {
    name: "sightline_ffmpeg_resident_memory_bytes",
    type: "gauge",
    help: "Memory that the ffmpeg processes of a camera hold.",
  },
  pluginCpu: {
    name: "sightline_plugin_cpu_seconds_total",
    type: "counter",
    help: "CPU time of plugins that have a process of their own.",
  },
  pluginMemory: {
    name: "sightline_plugin_resident_memory_bytes",
    type: "gauge",
    help: "Memory that plugins with a process of their own hold.",
  },
  modelWaiting: {
    name: "sightline_model_queue_requests",
    type: "gauge",
    help: "Requests of all streams that wait for their turn at a model.",
  },
  modelInFlight: {
    name: "sightline_model_requests_in_flight",
    type: "gauge",
    help: "Requests that a model is at work on.",
  },
  modelMost: {
    name: "sightline_model_requests_in_flight_max",
    type: "gauge",
    help: "Requests that a model may be given at once.",
  },
  sinkAccepted: {
    name: "sightline_sink_accepted_records_total",
    type: "counter",
    help: "Records that a sink was given: written, dropped and waiting ones together.",
  },
  sinkWritten: {
    name: "sightline_sink_records_total",
    type: "counter",
    help: "Records that a sink has delivered.",
  },
  sinkDropped: {
    name: "sightline_sink_dropped_records_total",
    type: "counter",
    help: "Records that a sink did not deliver, by the reason.",
  },
  eventsWritten: {
    name: "sightline_events_written_total",
    type: "counter",
    help: "Events that were written down.",
  },
  eventsDropped: {
    name: "sightline_events_dropped_total",
    type: "counter",
    help: "Events that were lost, since the disk took none for too long.",
  },
  eventsWaiting: {
    name: "sightline_events_waiting",
    type: "gauge",
    help: "Events that wait to be written down.",
  },
  eventFailures: {
    name: "sightline_event_write_failures_total",
    type: "counter",
    help: "Attempts to write events down that failed.",
  },
  events: {
    name: "sightline_events_total",
    type: "counter",
    help: "Events that were told, by type; what is beyond 100 types is called other.",
  },
  openObjects: {
    name: "sightline_open_objects",
    type: "gauge",
    help: "Objects that have been told of and have not ended.",
  },
  eventLogBytes: {
    name: "sightline_event_log_bytes",
    type: "gauge",
    help: "Size of the event log's file; 0 in memory.",
  },
  eventWrites: {
    name: "sightline_event_write_duration_seconds",
    type: "histogram",
    help: "One group of events, until it is safe on the disk.",
  },
  pictures: {
    name: "sightline_event_pictures_total",
    type: "counter",
    help: "Pictures that events were given.",
  },
  pictureFailures: {
    name: "sightline_event_picture_failures_total",
    type: "counter",
    help: "Events that wanted a picture and have none.",
  },
  clips: {
    name: "sightline_event_clips_total",
    type: "counter",
    help: "Clips that events were given.",
  },
  clipFailures: {
    name: "sightline_event_clip_failures_total",
    type: "counter",
    help: "Events that wanted a clip and have none.",
  },
  ringBytes: {
    name: "sightline_ring_bytes",
    type: "gauge",
    help: "Packets of a camera that are kept in memory for pictures of events.",
  },
  sinkWaiting: {
    name: "sightline_sink_backlog_records",
    type: "gauge",
    help: "Records that a sink was given and has not delivered yet.",
  },
} satisfies Readonly<Record<string, Family>>;

/** Our own process, children left out. */
export function* processSamples(version: string): Generator<MetricSample> {
  const { user, system } = process.cpuUsage();
  const build = { version, deno: Deno.version.deno, v8: Deno.version.v8, os: Deno.build.os };
  yield { family: families.build, labels: build, value: 1 };
  yield { family: families.start, labels: {}, value: performance.timeOrigin / 1000 };
  yield { family: families.cpu, labels: {}, value: (user + system) / 1e6 };
  yield { family: families.memory, labels: {}, value: Deno.memoryUsage().rss };
}

/** Children, by the stream they work for. */
export function* childSamples(usage: readonly ChildUsage[]): Generator<MetricSample> {
  for (const { owner: { stream, plugin, work }, cpuSeconds, residentBytes } of usage) {
    const isPlugin = work === "plugin";
    // What decodes works for the camera, however many streams share it.
    const labels = isPlugin ? { plugin: plugin ?? "", stream } : { camera: stream, work };
    const { pluginCpu, ffmpegCpu, pluginMemory, ffmpegMemory } = families;
    yield { family: isPlugin ? pluginCpu : ffmpegCpu, labels, value: cpuSeconds };
    yield { family: isPlugin ? pluginMemory : ffmpegMemory, labels, value: residentBytes };
  }
}

/** The queues of all models; one that is opened twice, with other settings, counts as one. */
export function* modelSamples(queues: readonly ModelQueue[]): Generator<MetricSample> {
  for (const [model, same] of Map.groupBy(queues, ({ model }) => model)) {
    const sum = (key: "waiting" | "inFlight" | "maxInFlight") =>
      same.reduce((total, queue) => total + queue[key], 0);
    const labels = { model };
    yield { family: families.modelWaiting, labels, value: sum("waiting") };
    yield { family: families.modelInFlight, labels, value: sum("inFlight") };
    yield { family: families.modelMost, labels, value: sum("maxInFlight") };
  }
}

/** The books of the event log. */
export function* eventSamples(figures: EventLogFigures): Generator<MetricSample> {
  const { eventsWritten, eventsDropped, eventsWaiting, eventFailures } = families;
  yield { family: eventsWritten, labels: {}, value: figures.written };
  yield { family: eventsDropped, labels: {}, value: figures.dropped };
  yield { family: eventsWaiting, labels: {}, value: figures.waiting };
  yield { family: eventFailures, labels: {}, value: figures.failures };
  for (const [type, value] of figures.byType) {
    yield { family: families.events, labels: { type }, value };
  }
  for (const [stream, value] of figures.openObjects) {
    yield { family: families.openObjects, labels: { stream }, value };
  }
  yield { family: families.eventLogBytes, labels: {}, value: figures.bytes };
  yield* distribution(families.eventWrites, {}, figures.writes);
}

/** Pictures of events, and what they are made of. */
export function* mediaSamples(
  counts: MediaCounts,
  cameras: readonly { readonly name: string; readonly ring: { ringBytes: number } | null }[],
): Generator<MetricSample> {
  yield { family: families.pictures, labels: {}, value: counts.pictures };
  yield { family: families.pictureFailures, labels: {}, value: counts.pictureFailures };
  yield { family: families.clips, labels: {}, value: counts.clips };
  yield { family: families.clipFailures, labels: {}, value: counts.clipFailures };
  for (const [camera, same] of Map.groupBy(cameras, ({ name }) => name)) {
    const value = same.reduce((sum, { ring }) => sum + (ring?.ringBytes ?? 0), 0);
    yield { family: families.ringBytes, labels: { camera }, value };
  }
}

/** The books of a sink. */
export function* sinkSamples(sink: Sink): Generator<MetricSample> {
  const labels = { sink: sink.description };
  const { accepted, written, lost, waiting } = sink.counts();
  yield { family: families.sinkAccepted, labels, value: accepted };
  yield { family: families.sinkWritten, labels, value: written };
  for (const reason of lossReasons) {
    yield { family: families.sinkDropped, labels: { ...labels, reason }, value: lost[reason] };
  }
  yield { family: families.sinkWaiting, labels, value: waiting };
}
