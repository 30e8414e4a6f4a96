/** The parts that all streams of the process share. */

import type { LimitConfig } from "../stream/settings.ts";
import type { DestinationConfig } from "../delivery/destination_config.ts";
import type { EventLog } from "../events/event_log.ts";
import type { EventMedia } from "../media/event_media.ts";
import type { ModelPool } from "../inference/sharing/model_pool.ts";
import type { SecretMask } from "../log/secret_mask.ts";
import type { ProcessGuard } from "../process_guard.ts";
import type { SharedSinks } from "../sink/shared_sinks.ts";
import type { Sink } from "../sink/sink.ts";
import type { DropReport } from "../stream/drop_report.ts";
import type { PluginPool } from "../use_case/plugin_pool.ts";
import type { MetricsRegistry } from "../web/prometheus/metrics_registry.ts";
import type { Cameras } from "./cameras.ts";

/** What all streams of the process share. */
export interface SharedParts {
  readonly limits: LimitConfig;
  readonly guard: ProcessGuard;
  readonly cameras: Cameras;
  readonly models: ModelPool;
  readonly plugins: PluginPool;
  readonly sinks: SharedSinks;
  /** What takes the records of a stream for a destination. */
  recordSink(destination: DestinationConfig): Sink;
  readonly events: EventLog;
  /** Null where no folder keeps events, so that they have no pictures. */
  readonly media: EventMedia | null;
  readonly metrics: MetricsRegistry;
  /** Told of every record that a sink does not take. */
  onSinkError(error: Error): void;
  readonly drops: DropReport;
  /** Share of the frames that are traced with OpenTelemetry. */
  readonly traceSample: number;
  /** What takes the secrets of the settings out of what others write. */
  readonly secrets: SecretMask;
}
