/** From what the user wrote to what the code sees. Pure: nothing on disk or network is looked at. */

import { isDeepStrictEqual } from "node:util";
import { eventNotices, type EventsConfig, eventsConfig } from "../events/settings.ts";
import { checkModel, modelNotices } from "../inference/settings.ts";
import type { LogConfig } from "../log/log.ts";
import type { Secrets } from "../log/secret_mask.ts";
import { outputs, placeOf } from "../output/settings.ts";
import { checkFiles } from "../settings/check_files.ts";
import { checkTable } from "../settings/check_table.ts";
import { joinSecrets, secretsIn, textOf } from "../settings/kinds.ts";
import { type Phrase, phrase, type Problem } from "../settings/problem.ts";
import { complete } from "../settings/setting.ts";
import { checkSource } from "../source/settings.ts";
import { type StreamConfig, streamConfig, type StreamValues } from "../stream/settings.ts";
import type { LimitConfig } from "../stream/settings.ts";
import { useCaseNotices } from "../use_case/settings.ts";
import {
  checkWeb,
  type MetricsConfig,
  metricsConfig,
  type VisualizerConfig,
  visualizerConfig,
  webNotices,
} from "../web/settings.ts";

import { processSettings, type ProcessValues, sinkKinds, streamSettings } from "./settings.ts";
import { ownerOf, type Shard } from "./shard.ts";

/** Everything one process does. */
export interface ResolvedConfig {
  readonly streams: readonly StreamConfig[];
  /** Null: no live view, and nothing is drawn or encoded. */
  readonly visualizer: VisualizerConfig | null;
  /** Null: metrics and probes are served with the live view only, if there is one. */
  readonly metrics: MetricsConfig | null;
  readonly events: EventsConfig;
  /** Where people reach the live view, without a slash at the end; null where it is not set. */
  readonly publicUrl: string | null;
  /** Of all frames, the share that OpenTelemetry is told of, from 0 to 1. */
  readonly traceSample: number;
  readonly log: LogConfig;
  readonly limits: LimitConfig;
  /** Print one JSON summary on stdout at the end. */
  readonly benchmark: boolean;
}

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
  readonly notices: readonly Phrase[];
  /** The values that are right, for further checks even when others are wrong. */
  readonly streams: readonly StreamValues[];
  readonly secrets: Secrets;
}

/** Checks every setting and their combinations, then fills in the defaults. */
export function resolveConfig(user: UserConfig): Resolution {
  const problems: Problem[] = [];
  const notices: Phrase[] = [];
  const process = checkTable(processSettings, user.process, problems);
  problems.push(...checkWeb(process));
  notices.push(...webNotices(process), ...eventNotices(process));
  const several = user.streams.length > 1;
  const streams = user.streams.map((given, index) => {
    const found: Problem[] = [];
    const stream: StreamValues = checkTable(streamSettings, given, found);
    // A switch that a configuration file turns off is as good as absent.
    const has = (setting: string) => given[setting] !== undefined && given[setting] !== false;
    found.push(...checkSource(stream, has), ...checkModel(stream, has), ...checkSinks(stream));
    const told = found.filter((problem) => !isTold(problem, problems));
    problems.push(...told.map((problem) => ({ ...problem, stream: index })));
    const prefix = several ? `${stream.stream_name}: ` : "";
    notices.push(...streamNotices(stream, given, has).map((notice) => [prefix, ...notice]));
    return stream;
  });
  problems.push(...equalNames(user.streams, streams), ...sharedPlaces(streams, user.cameras));
  const config = problems.length === 0 ? assemble(process, streams, user.cameras) : null;
  if (config?.streams.length === 0 && process.shard !== undefined) {
    const { index, count } = process.shard;
    const text = ` ${index}/${count} takes none of the ${streams.length} streams`;
    notices.push([...phrase`${"shard"}`, text]);
  }
  const secrets = joinSecrets([
    secretsIn(processSettings, process),
    ...streams.map((stream) => secretsIn(streamSettings, stream)),
  ]);
  return { config, problems, notices, streams, secrets };
}

/** A wrong name is told of once, however many streams have it. */
function isTold({ setting, value }: Problem, problems: readonly Problem[]): boolean {
  return setting === "stream_name" &&
    problems.some((before) => before.setting === setting && before.value === value);
}

/** Streams that are called alike, the first of which may keep its name. */
function equalNames(
  given: UserConfig["streams"],
  streams: readonly StreamValues[],
): Problem[] {
  // What is no name at all was told of already.
  const names = streams.map(({ stream_name }, index) =>
    given[index]?.["stream_name"] === undefined ? streamSettings.stream_name.default : stream_name
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

/** Outputs that would write over each other. */
function sharedPlaces(
  streams: readonly StreamValues[],
  cameras: readonly string[] | undefined,
): Problem[] {
  const owners = new Map<string, string>();
  return streams.flatMap(({ stream_name, output = [] }, stream) => {
    const camera = cameras?.[stream] ?? stream_name ?? "";
    const own = new Set<string>();
    return output.flatMap((one, element) => {
      const place = placeOf(one, camera);
      if (place === null) return [];
      const owner = owners.get(place) ?? camera;
      owners.set(place, owner);
      const isTwice = own.has(place);
      own.add(place);
      if (owner === camera && !isTwice) return [];
      const message = isTwice
        ? "is given twice"
        : `is where ${owner} sends its video too; %N in it becomes the camera's name`;
      return { setting: "output", element, value: textOf(outputs, one), message, stream };
    });
  });
}

/** What is right and has no effect, a sentence each. */
function streamNotices(
  stream: StreamValues,
  given: Readonly<Record<string, unknown>>,
  has: (setting: string) => boolean,
): Phrase[] {
  // Motion runs where there is no model and nothing else was said.
  const isMotion = has("no_model") && !has("use_case") ||
    /(^|[/\\])motion(\.ts)?$/.test(String(given["use_case"] ?? ""));
  const idle = isMotion ? ["track", "zones", "lines", "objects"].filter(has) : [];
  return [
    ...has("motion_hold_ms") && !has("motion_threshold")
      ? [phrase`${"motion_hold_ms"} has no effect without ${"motion_threshold"}`]
      : [],
    ...useCaseNotices(stream),
    ...idle.map((setting) =>
      phrase`${setting} has no effect with the use case motion, which finds no objects`
    ),
    ...modelNotices(stream, has),
  ];
}

function checkSinks({ sink = [] }: StreamValues): Problem[] {
  return sink.flatMap((one, element) => {
    const isSecond = sink.slice(0, element).some((other) => isDeepStrictEqual(one, other));
    if (!isSecond) return [];
    return [{ setting: "sink", element, value: textOf(sinkKinds, one), message: "is given twice" }];
  });
}

/** What is wrong with the files that streams name. */
export async function checkStreamFiles(streams: readonly StreamValues[]): Promise<Problem[]> {
  const found = await Promise.all(streams.map(async (values, stream) => {
    return (await checkFiles(streamSettings, values)).map((problem) => ({ ...problem, stream }));
  }));
  return found.flat();
}

function assemble(
  process: ProcessValues,
  streams: readonly StreamValues[],
  cameras: readonly string[] | undefined,
): ResolvedConfig {
  const { traceSample, logLevel, logFormat, limitFrames, limitDuration, ...rest } = complete(
    processSettings,
    process,
  );
  return {
    streams: ownShare(
      streams.map((stream, index) => streamConfig(stream, cameras?.[index])),
      process.shard,
    ),
    visualizer: visualizerConfig(process),
    metrics: metricsConfig(process),
    events: eventsConfig(process, process.shard),
    publicUrl: rest.publicUrl,
    traceSample,
    log: { level: logLevel, format: logFormat },
    limits: { frames: limitFrames, durationMs: limitDuration, drainMs: rest.drainTimeoutMs },
    benchmark: rest.benchmark,
  };
}

/** Streams of one camera stay together, since they share its decoding. */
function ownShare(streams: readonly StreamConfig[], shard: Shard | undefined): StreamConfig[] {
  return streams.filter(({ camera }) =>
    shard === undefined || ownerOf(camera, shard.count) === shard.index
  );
}
