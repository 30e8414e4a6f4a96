/** From what the user wrote to what the code sees. Pure: nothing on disk or network is looked at. */

import { assembleStream } from "./assemble_stream.ts";
import { checkSecondary } from "./check_secondary.ts";
import { checkTable } from "../settings/check_table.ts";
import { findConflicts } from "./find_conflicts.ts";
import type { Problem } from "../settings/problem.ts";
import { assembleVisualizer, checkDoors, doorNotices } from "./resolve_doors.ts";
import type { EventsConfig, ResolvedConfig, StreamConfig } from "./resolved.ts";
import {
  processDefaults,
  type ProcessSettings,
  processSettings,
  streamDefaults,
  type StreamSettings,
  streamSettings,
} from "./settings.ts";
import { ownerOf, type Shard } from "./shard.ts";

/** Settings as the user wrote them: any key may be missing, any value may be wrong. */
export interface UserConfig {
  readonly process: Readonly<Record<string, unknown>>;
  readonly streams: readonly Readonly<Record<string, unknown>>[];
  /** Name of the camera that each stream is of; absent = the stream's own name. */
  readonly cameras?: readonly string[];
}

/** What {@link resolveConfig} makes of a {@link UserConfig}. */
export interface Resolution {
  /** Null when there is a problem. */
  readonly config: ResolvedConfig | null;
  /** Each one that was found, not only the first. */
  readonly problems: readonly Problem[];
  /** What is right but has no effect, one sentence each. */
  readonly notices: readonly string[];
  /** The values that are right, for further checks even when others are wrong. */
  readonly streams: readonly StreamSettings[];
}

/** Checks every setting and their combinations, then fills in the defaults. */
export function resolveConfig(user: UserConfig): Resolution {
  const problems: Problem[] = [];
  const notices: string[] = [];
  const process = checkTable(processSettings, user.process, problems);
  problems.push(...checkDoors(process));
  notices.push(...doorNotices(process));
  if (process.metrics_host !== undefined && !process.metrics_port) {
    notices.push("--metrics_host has no effect without --metrics_port");
  }
  for (const setting of ["keep_days", "keep_days_by_label", "keep_gb"] as const) {
    if (process[setting] === undefined || process.data_dir !== undefined) continue;
    notices.push(`--${setting} has no effect without --data_dir`);
  }
  const several = user.streams.length > 1;
  const streams = user.streams.map((given, index) => {
    const found: Problem[] = [];
    const stream = checkTable(streamSettings, given, found);
    const conflicts = findConflicts(given, stream);
    found.push(...conflicts.problems);
    checkSecondary(given.secondary, found);
    const told = found.filter((problem) => !isTold(problem, problems));
    problems.push(...told.map((problem) => ({ ...problem, stream: index })));
    const prefix = several ? `${stream.stream_name}: ` : "";
    notices.push(...conflicts.notices.map((notice) => prefix + notice));
    return stream;
  });
  problems.push(...equalNames(user.streams, streams));
  const config = problems.length === 0 ? assemble(process, streams, user.cameras) : null;
  if (config?.streams.length === 0 && process.shard !== undefined) {
    const { index, count } = process.shard;
    notices.push(`--shard ${index}/${count} takes none of the ${streams.length} streams`);
  }
  return { config, problems, notices, streams };
}

/** A wrong name is told of once, however many streams have it. */
function isTold({ setting, value }: Problem, problems: readonly Problem[]): boolean {
  return setting === "stream_name" &&
    problems.some((before) => before.setting === setting && before.value === value);
}

/** Streams that are called alike, the first of which may keep its name. */
function equalNames(
  given: UserConfig["streams"],
  streams: readonly StreamSettings[],
): Problem[] {
  // What is no name at all was told of already.
  const names = streams.map(({ stream_name }, index) =>
    given[index]?.["stream_name"] === undefined ? streamDefaults.stream_name : stream_name
  );
  return names.flatMap((name, stream) =>
    name === undefined || names.indexOf(name) === stream ? [] : {
      setting: "stream_name",
      value: name,
      message: "is the name of another stream too, each must have its own",
      stream,
    }
  );
}

function assemble(
  process: ProcessSettings,
  streams: readonly StreamSettings[],
  cameras: readonly string[] | undefined,
): ResolvedConfig {
  const settings = { ...processDefaults, ...process };
  return {
    streams: ownShare(
      streams.map((stream, index) => assembleStream(stream, cameras?.[index])),
      settings.shard,
    ),
    visualizer: assembleVisualizer(settings),
    metrics: settings.metrics_port === 0
      ? null
      : { host: settings.metrics_host, port: settings.metrics_port },
    events: assembleEvents(settings),
    traceSample: settings.trace_sample,
    log: { level: settings.log_level, format: settings.log_format },
    limits: {
      frames: settings.limit_frames ?? null,
      durationMs: settings.limit_duration ?? null,
      drainMs: settings.drain_timeout_ms,
    },
    benchmark: settings.benchmark,
  };
}

/** Each shard has a folder of its own, since one process writes into one. */
function assembleEvents(
  { data_dir, keep_days = processDefaults.keep_days, keep_days_by_label, keep_gb, shard }:
    ProcessSettings,
): EventsConfig {
  const folder = shard === undefined ? "" : `/shard-${shard.index}-of-${shard.count}`;
  return {
    dataDir: data_dir === undefined ? null : data_dir + folder,
    keepDays: keep_days,
    keepDaysByLabel: keep_days_by_label ?? {},
    keepGb: keep_gb ?? null,
  };
}

/** Streams of one camera stay together, since they share its decoding. */
function ownShare(streams: readonly StreamConfig[], shard: Shard | undefined): StreamConfig[] {
  return streams.filter(({ camera }) =>
    shard === undefined || ownerOf(camera, shard.count) === shard.index
  );
}
