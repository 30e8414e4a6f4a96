/** The metrics registry: all that `/metrics` reports, read when it is scraped. */

import project from "../../../deno.json" with { type: "json" };
import type { OutboxCounts } from "../../delivery/outbox.ts";
import type { EventLogFigures } from "../../events/event_log.ts";
import type { CameraMedia } from "../../media/camera_media.ts";
import type { MediaCounts } from "../../media/event_media.ts";
import type { ModelQueue } from "../../inference/sharing/shared_model.ts";
import { ChildProcesses } from "../../metrics/child_processes.ts";
import { CarriedCounters } from "../../metrics/carried_counters.ts";
import type { Sink } from "../../sink/sink.ts";
import type { StreamMonitor } from "../../stream/monitor.ts";
import { metricsPage } from "./metrics_page.ts";
import {
  childSamples,
  eventSamples,
  mediaSamples,
  modelSamples,
  processSamples,
  sinkSamples,
} from "./process_samples.ts";
import type { CameraOutputs } from "../../output/camera_outputs.ts";
import { outputSamples } from "./output_samples.ts";
import { deliverySamples } from "./delivery_samples.ts";
import { streamSamples } from "./stream_samples.ts";

/** Packets that are kept of a camera. */
type Ring = Pick<CameraMedia, "ringBytes">;

/** What runs is added here; nothing is read, copied or computed before a scrape. */
export class MetricsRegistry {
  readonly children = new ChildProcesses();
  readonly #streams = new CarriedCounters(streamSamples);
  readonly #sinks = new CarriedCounters(sinkSamples);
  readonly #outputs = new CarriedCounters(outputSamples);
  readonly #cameras = new Set<{ readonly name: string; readonly ring: Ring | null }>();
  readonly #modelQueues: () => readonly ModelQueue[];
  readonly #eventFigures: () => EventLogFigures;
  readonly #deliveryCounts: () => readonly OutboxCounts[];
  readonly #mediaCounts: () => MediaCounts;

  constructor(
    modelQueues: () => readonly ModelQueue[],
    eventFigures: () => EventLogFigures,
    deliveryCounts: () => readonly OutboxCounts[],
    mediaCounts: () => MediaCounts,
  ) {
    this.#modelQueues = modelQueues;
    this.#eventFigures = eventFigures;
    this.#deliveryCounts = deliveryCounts;
    this.#mediaCounts = mediaCounts;
  }

  /** The stream is measured until what is returned is disposed of. */
  addStream(name: string, monitor: StreamMonitor): Disposable {
    return this.#streams.add(name, monitor);
  }

  /** The same for a camera, whose name children have that work for several of its streams. */
  addCamera(
    name: string,
    ring: Ring | null = null,
    outputs: CameraOutputs | null = null,
  ): Disposable {
    const entry = { name, ring };
    this.#cameras.add(entry);
    const measured = outputs && this.#outputs.add(name, { camera: name, outputs });
    return {
      [Symbol.dispose]: () => {
        this.#cameras.delete(entry);
        measured?.[Symbol.dispose]();
      },
    };
  }

  /** The same for a sink. */
  addSink(sink: Sink): Disposable {
    return this.#sinks.add(sink.description, sink);
  }

  /** The text that Prometheus reads. */
  async text(): Promise<string> {
    const usage = await this.children.usage() ?? [];
    const names = new Set(this.#streams.names());
    for (const { name } of this.#cameras) names.add(name);
    return metricsPage([
      ...processSamples(project.version),
      ...this.#streams.collect(),
      ...modelSamples(this.#modelQueues()),
      ...eventSamples(this.#eventFigures()),
      ...deliverySamples(this.#deliveryCounts()),
      ...mediaSamples(this.#mediaCounts(), [...this.#cameras]),
      ...this.#outputs.collect(),
      ...this.#sinks.collect(),
      ...childSamples(usage.filter(({ owner: { stream } }) => stream === "" || names.has(stream))),
    ]);
  }
}
