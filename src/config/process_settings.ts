/** The settings that are made once for the whole process. */

import { z } from "zod";
import { choice, integer, number, parsed, structured, text, toggle } from "../settings/setting.ts";
import type { Setting, ValuesOf } from "../settings/setting.ts";
import { doorSettings } from "./door_settings.ts";
import { DURATION_ALLOWED, parseDuration } from "../settings/parse_duration.ts";
import { path } from "../settings/paths.ts";
import { REFUSED_PORTS } from "./refused_ports.ts";
import { parseShard, SHARD_ALLOWED } from "./shard.ts";

const HOUR_MS = 3_600_000;

function openToBrowsers(setting: Setting<number>): Setting<number> {
  const error = "is a port that browsers refuse, must be another one, such as 5000";
  const schema = setting.schema.refine((port) => !REFUSED_PORTS.has(port), { error });
  return { ...setting, schema };
}

/** What is set once for the whole process. */
export const processSettings = {
  visualizer_port: openToBrowsers(integer(0, 65535, {
    group: "Live view",
    value: "PORT",
    help: "port of the live view; 0 = none, and nothing is drawn",
  })),
  visualizer_host: text("a host name or address of this machine", {
    group: "Live view",
    value: "HOST",
    help: "address it listens on; one of the network needs a token or password",
  }),
  ...doorSettings,
  metrics_port: integer(0, 65535, {
    group: "Metrics",
    value: "PORT",
    help: "serve /metrics, /healthz and /readyz without the live view; 0 = no",
  }),
  metrics_host: text("a host name or address of this machine", {
    group: "Metrics",
    value: "HOST",
    help: "address they are served on",
  }),
  data_dir: path("the path of a directory", {
    group: "Events",
    value: "DIR",
    help: "keep events in this folder; without it the last 1,000 are kept in memory",
  }),
  keep_days: number(0.01, 36_500, {
    group: "Events",
    value: "N",
    help: "with --data_dir: remove events after so many days",
  }),
  keep_days_by_label: structured(
    'days by label, each from 0.01 to 36500, such as {"person": 90}',
    z.record(z.string().min(1).max(256), z.number().min(0.01).max(36_500)),
    {
      group: "Events",
      value: "JSON",
      help: "the same for events of some labels, such as '{\"person\":90}'",
    },
  ),
  keep_gb: number(0.001, 1_000_000, {
    group: "Events",
    value: "N",
    help: "with --data_dir: remove the oldest events above so many gigabytes",
  }),
  trace_sample: number(0, 1, {
    group: "Metrics",
    value: "SHARE",
    help: "share of frames traced with OpenTelemetry, 0 to 1; needs OTEL_DENO=true",
  }),
  limit_frames: integer(1, Number.MAX_SAFE_INTEGER, {
    group: "Results and limits",
    value: "N",
    help: "stop after N frames",
  }),
  limit_duration: parsed(DURATION_ALLOWED, parseDuration, {
    group: "Results and limits",
    value: "TIME",
    help: "stop after so many seconds, or 500ms, 2m, 1h",
  }),
  shard: parsed(SHARD_ALLOWED, parseShard, {
    group: "Results and limits",
    value: "I/N",
    help: "of all streams take the share of process I of N (0 to N-1)",
  }),
  drain_timeout_ms: integer(0, HOUR_MS, {
    group: "Results and limits",
    value: "MS",
    help: "after a signal, frames under way may take so long to become records",
  }),
  benchmark: toggle({
    group: "Results and limits",
    help: "print one JSON summary on stdout at the end",
  }),
  log_level: choice(["DEBUG", "INFO", "WARNING", "ERROR"], {
    group: "Log",
    value: "LEVEL",
    help: "DEBUG, INFO, WARNING or ERROR",
  }),
  log_format: choice(["text", "json"], {
    group: "Log",
    value: "WORD",
    help: "text, or json: one object a line",
  }),
} as const;

/** The process's settings, as far as they were given and right. */
export type ProcessSettings = ValuesOf<typeof processSettings>;

/** What holds for the process where nothing was given. */
export const processDefaults = {
  visualizer_port: 0,
  visualizer_host: "127.0.0.1",
  visualizer_insecure: false,
  metrics_port: 0,
  trace_sample: 0,
  metrics_host: "127.0.0.1",
  keep_days: 30,
  drain_timeout_ms: 600,
  benchmark: false,
  log_level: "INFO",
  log_format: "text",
} satisfies ProcessSettings;
