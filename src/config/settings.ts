/** Every setting there is, from the tables of the components: what flags, help and files are made of. */

import { destinationSinks } from "../delivery/destination_config.ts";
import { eventSettings } from "../events/settings.ts";
import { modelSettings } from "../inference/settings.ts";
import { outputSettings } from "../output/settings.ts";
import { mediaSettings, ringSettings } from "../media/settings.ts";
import { sceneSettings } from "../objects/settings.ts";
import { kindList } from "../settings/kinds.ts";
import { path } from "../settings/paths.ts";
import { durationAllowed, parseDuration } from "../settings/parse_duration.ts";
import { choice, integer, number, parsed, toggle, type ValuesOf } from "../settings/setting.ts";
import { sinks } from "../sink/sinks.ts";
import { sourceSettings } from "../source/settings.ts";
import { flowSettings } from "../stream/settings.ts";
import { useCaseSettings } from "../use_case/settings.ts";
import { metricsSettings, viewSettings } from "../web/settings.ts";
import { parseShard, shardAllowed } from "./shard.ts";

const hourMs = 3_600_000;

/** What a stream's `sink` may name: lines of records, or a destination of events. */
export const sinkKinds = [...sinks, ...destinationSinks];

const { stream_url, ...source } = sourceSettings;
const { stream_name, secondary, ...flow } = flowSettings;

/** What belongs to a camera, however many use cases look at it: a change starts all of these again. */
export const cameraSettings = {
  stream_url,
  stream_name,
  ...source,
  ...ringSettings,
  ...outputSettings,
};

/** What belongs to one use case of a camera: a change starts this stream again. */
export const branchSettings = {
  secondary,
  ...sceneSettings,
  ...mediaSettings,
  ...flow,
  sink: kindList(sinkKinds, {
    group: "Results and limits",
    value: "SINK",
    secret: "url",
    more: "see [docs/delivery.md](docs/delivery.md)",
    help: "records to stdout or jsonl:PATH, events to https://…; may be repeated",
  }),
  ...modelSettings,
  ...useCaseSettings,
};

/** What is set for each stream. */
export const streamSettings = { ...cameraSettings, ...branchSettings };

/** What is set once for the whole process: a change takes effect when it is started again. */
export const processSettings = {
  ...viewSettings,
  ...metricsSettings,
  ...eventSettings,
  trace_sample: number(0, 1, {
    group: "Metrics",
    value: "SHARE",
    default: 0,
    more: "see [docs/metrics.md](docs/metrics.md)",
    help: "share of frames traced with OpenTelemetry, 0 to 1; needs OTEL_DENO=true",
  }),
  limit_frames: integer(1, Number.MAX_SAFE_INTEGER, {
    group: "Results and limits",
    value: "N",
    help: "stop after N frames",
  }),
  limit_duration: parsed(durationAllowed, parseDuration, {
    group: "Results and limits",
    value: "TIME",
    help: "stop after so many seconds, or 500ms, 2m, 1h",
  }),
  shard: parsed(shardAllowed, parseShard, {
    group: "Results and limits",
    value: "I/N",
    more: "such as `0/3`, see [docs/scaling.md](docs/scaling.md)",
    unset: "all",
    help: "of all streams take the share of process I of N (0 to N-1)",
  }),
  drain_timeout_ms: integer(0, hourMs, {
    group: "Results and limits",
    value: "MS",
    default: 600,
    help: "after a signal, frames under way may take so long to become records",
  }),
  benchmark: toggle({
    group: "Results and limits",
    help: "print one JSON summary on stdout at the end",
  }),
  log_level: choice(["DEBUG", "INFO", "WARNING", "ERROR"], {
    group: "Log",
    value: "LEVEL",
    default: "INFO",
    help: "DEBUG, INFO, WARNING or ERROR",
  }),
  log_format: choice(["text", "json"], {
    group: "Log",
    value: "WORD",
    default: "text",
    help: "text, or json: one object a line",
  }),
};

/** The process's settings, as far as they were given and right. */
export type ProcessValues = ValuesOf<typeof processSettings>;

/** What only a command line can say. */
export const commandSettings = {
  config: path("the path of a YAML file", {
    group: "Configuration file",
    value: "FILE",
    short: "c",
    help: "streams, models, use cases and sinks from this file, see docs/configuration.md",
  }),
};
