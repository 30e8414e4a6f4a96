/** From what the user wrote to what the code sees. Pure: nothing on disk or network is looked at. */

import type { z } from "zod";
import { assetUrl } from "../assets.ts";
import { checkSecondary } from "./check_secondary.ts";
import { findConflicts } from "./find_conflicts.ts";
import type { Problem } from "./problem.ts";
import { assembleVisualizer, checkDoors, doorNotices } from "./resolve_doors.ts";
import { joinPermissions } from "./parse_permissions.ts";
import { isRemote } from "./parse_urls.ts";
import type {
  InferenceConfig,
  ResolvedConfig,
  SecondaryConfig,
  SharingConfig,
  StreamConfig,
  UseCaseConfig,
} from "./resolved.ts";
import { ownerOf, type Shard } from "./shard.ts";
import type { Setting, ValuesOf } from "./setting.ts";
import {
  DEFAULT_USE_CASE,
  processDefaults,
  type ProcessSettings,
  processSettings,
  secondaryDefaults,
  streamDefaults,
  type StreamSettings,
  streamSettings,
} from "./settings.ts";

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
  const several = user.streams.length > 1;
  const streams = user.streams.map((given, index) => {
    const found: Problem[] = [];
    const stream = checkTable(streamSettings, given, found);
    const conflicts = findConflicts(given, stream);
    found.push(...conflicts.problems);
    checkSecondary(given.secondary, found);
    problems.push(...found.map((problem) => ({ ...problem, stream: index })));
    const prefix = several ? `${stream.stream_name}: ` : "";
    notices.push(...conflicts.notices.map((notice) => prefix + notice));
    return stream;
  });
  problems.push(...equalNames(streams));
  const config = problems.length === 0 ? assemble(process, streams, user.cameras) : null;
  if (config?.streams.length === 0 && process.shard !== undefined) {
    const { index, count } = process.shard;
    notices.push(`--shard ${index}/${count} takes none of the ${streams.length} streams`);
  }
  return { config, problems, notices, streams };
}

/** Streams that are called alike, the first of which may keep its name. */
function equalNames(streams: readonly StreamSettings[]): Problem[] {
  const names = streams.map(({ stream_name }) => stream_name ?? streamDefaults.stream_name);
  return names.flatMap((name, stream) =>
    names.indexOf(name) === stream ? [] : {
      setting: "stream_name",
      value: name,
      message: "is the name of another stream too, each must have its own",
      stream,
    }
  );
}

/** The values of a table that are right; the others become problems. */
export function checkTable<Table extends Readonly<Record<string, Setting>>>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  problems: Problem[],
): ValuesOf<Table> {
  const right: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined) continue;
    if (setting.kind !== "list" || !Array.isArray(value)) {
      const result = checkValue(name, setting, value, problems);
      if (result.success) right[name] = result.data;
    } else {
      // One by one, so that a wrong element does not hide the others from further checks.
      right[name] = value.flatMap((element) =>
        checkValue(name, setting, [element], problems).data ?? []
      );
    }
  }
  return right as ValuesOf<Table>;
}

function checkValue(
  name: string,
  { schema, allowed, secret = false }: Setting,
  value: unknown,
  problems: Problem[],
): z.ZodSafeParseResult<unknown> {
  const result = schema.safeParse(value);
  // The first is enough: a number that is out of two bounds at once is still one problem.
  const issue = result.error?.issues[0];
  if (issue !== undefined) {
    // The element of a list where one is at fault, else the whole value.
    const wrong = issue.path.reduce<unknown>((part, key) => (part as never)[key], value);
    problems.push(
      wrong === null ? { setting: name, message: `has no value, must be ${allowed}` } : {
        setting: name,
        ...(!secret && { value: wrong }),
        message: issue.message + quotesHint(schema, value),
      },
    );
  }
  return result;
}

/** YAML takes some texts for numbers or switches, such as a model's name 2024. */
function quotesHint(schema: Setting["schema"], value: unknown): string {
  const isText = typeof value !== "object" && schema.safeParse(String(value)).success;
  return isText ? " (in quotes it is text)" : "";
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

/** Streams of one camera stay together, since they share its decoding. */
function ownShare(streams: readonly StreamConfig[], shard: Shard | undefined): StreamConfig[] {
  return streams.filter(({ camera }) =>
    shard === undefined || ownerOf(camera, shard.count) === shard.index
  );
}

function assembleStream(given: StreamSettings, camera: string | undefined): StreamConfig {
  const settings = { ...streamDefaults, ...given };
  return {
    name: settings.stream_name,
    camera: camera ?? settings.stream_name,
    source: {
      url: settings.stream_url!,
      rtspTransport: settings.rtsp_transport,
      rtspListen: settings.rtsp_listen,
      fps: settings.fps ?? null,
      decode: settings.decode,
      region: settings.region ?? null,
      motion: settings.motion_threshold === undefined
        ? null
        : { threshold: settings.motion_threshold, holdMs: settings.motion_hold_ms },
      hwaccel: settings.hwaccel ?? null,
      stallTimeoutMs: settings.stall_timeout_ms,
      reconnectLimit: settings.reconnect_limit,
    },
    inference: assembleInference(settings),
    sharing: assembleSharing(settings),
    useCase: assembleUseCase(given, settings),
    secondary: assembleSecondary(given),
    sinks: settings.sink,
    binaryInput: settings.binary_input && settings.ovms_url !== undefined,
    executors: settings.inference_executors,
    bufferSize: settings.buffer_size,
    maxFrameAgeMs: settings.max_frame_age_ms,
  };
}

function assembleSharing(settings: CompleteStream): SharingConfig {
  return {
    maxInFlight: settings.max_in_flight ?? null,
    batchMaxSize: settings.batch_max_size,
    batchMaxWaitMs: settings.batch_max_wait_ms,
  };
}

function assembleSecondary(stream: StreamSettings): SecondaryConfig | null {
  const given = checkSecondary(stream.secondary, []);
  if (given === null) return null;
  const settings = { ...streamDefaults, ...secondaryDefaults, ...given };
  return {
    inference: assembleInference(settings),
    sharing: assembleSharing(settings),
    useCase: assembleUseCase(given, settings),
    labels: settings.labels ?? null,
    maxCrops: settings.max_crops,
    minConfidence: settings.min_confidence,
    padding: settings.padding,
    refreshMs: settings.refresh_ms,
  };
}

/** A stream's settings once the defaults stand in. */
type CompleteStream =
  & StreamSettings
  & Required<Pick<StreamSettings, keyof typeof streamDefaults>>;

function assembleUseCase(given: StreamSettings, settings: CompleteStream): UseCaseConfig {
  const { isolation } = settings;
  // Whoever wrote a plugin that lies somewhere else is a stranger.
  const isStrange = given.use_case !== undefined && isRemote(given.use_case);
  return {
    // The default ships with Sightline; a path that the user gave is one from where they are.
    module: given.use_case ?? assetUrl(DEFAULT_USE_CASE).href,
    options: settings.use_case_options,
    isolation: isolation !== "auto" ? isolation : isStrange ? "process" : "worker",
    granted: joinPermissions(settings.allow_plugin),
    timeoutMs: settings.plugin_timeout_ms,
    memoryMb: settings.plugin_memory_mb,
    watch: settings.watch && !isStrange,
    cacheDir: settings.plugin_cache ?? null,
  };
}

function assembleInference(settings: CompleteStream): InferenceConfig {
  if (settings.no_model) return { kind: "none" };
  const timeoutMs = settings.inference_timeout_ms;
  if (settings.model_path !== undefined) {
    return { kind: "onnx", path: settings.model_path, timeoutMs };
  }
  return {
    kind: "server",
    url: settings.ovms_url!,
    modelName: settings.model_name!,
    modelVersion: settings.model_version,
    api: settings.api,
    timeoutMs,
    tls: {
      caFile: settings.tls_ca ?? null,
      certFile: settings.tls_cert ?? null,
      keyFile: settings.tls_key ?? null,
    },
  };
}
