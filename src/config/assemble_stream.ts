/** One stream's settings, all checked, put in the form that the code sees, defaults filled in. */

import { assetUrl, isShippedPlugin } from "../assets.ts";
import { checkSecondary } from "./check_secondary.ts";
import { objectDefaults } from "./scene_settings.ts";
import { joinPermissions } from "./parse_permissions.ts";
import { destinationConfig } from "../delivery/destination_config.ts";
import { sinkConfig } from "../sink/sinks.ts";
import { isRemote } from "../settings/paths.ts";
import { isShippedName } from "./shipped_plugins.ts";
import type {
  InferenceConfig,
  SecondaryConfig,
  SharingConfig,
  StreamConfig,
  UseCaseConfig,
} from "./resolved.ts";
import {
  DEFAULT_USE_CASE,
  DEFAULT_WITHOUT_MODEL,
  secondaryDefaults,
  streamDefaults,
  type StreamSettings,
} from "./settings.ts";

/** A stream's settings once the defaults stand in. */
type CompleteStream =
  & StreamSettings
  & Required<Pick<StreamSettings, keyof typeof streamDefaults>>;

/** `camera` is the name of the camera that the stream is of; undefined = the stream's own name. */
export function assembleStream(given: StreamSettings, camera: string | undefined): StreamConfig {
  const settings = { ...streamDefaults, ...given };
  return {
    name: settings.stream_name,
    camera: camera ?? settings.stream_name,
    source: {
      url: settings.stream_url!,
      rtspTransport: settings.rtsp_transport,
      rtspListen: settings.rtsp_listen,
      tls: {
        caFile: settings.stream_tls_ca ?? null,
        insecure: settings.stream_tls_insecure,
      },
      fps: settings.fps ?? null,
      decode: settings.decode,
      region: settings.region ?? null,
      motion: settings.motion_threshold === undefined
        ? null
        : { threshold: settings.motion_threshold, holdMs: settings.motion_hold_ms },
      hwaccel: settings.hwaccel ?? null,
      ffmpegMemoryMb: settings.ffmpeg_memory_mb,
      stallTimeoutMs: settings.stall_timeout_ms,
      reconnectLimit: settings.reconnect_limit,
      ring: { seconds: settings.ring_s, megabytes: settings.ring_mb },
    },
    inference: assembleInference(settings),
    sharing: assembleSharing(settings),
    useCase: assembleUseCase(given, settings),
    secondary: assembleSecondary(given),
    scene: assembleScene(settings),
    media: { snapshots: settings.snapshots.filter((type) => type !== "none") },
    sinks: settings.sink.flatMap((sink) => sinkConfig(sink) ?? []),
    destinations: settings.sink.flatMap((sink) => destinationConfig(sink) ?? []),
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

function assembleUseCase(given: StreamSettings, settings: CompleteStream): UseCaseConfig {
  const { isolation } = settings;
  const byDefault = settings.no_model ? DEFAULT_WITHOUT_MODEL : DEFAULT_USE_CASE;
  const named = given.use_case ?? byDefault;
  // A path that the user gave is one from where they are.
  const module = isShippedName(named) ? assetUrl(`plugins/${named}.ts`).href : named;
  return {
    module,
    options: settings.use_case_options,
    // What we did not write is behind a wall, unless somebody says that it is trusted.
    isolation: isolation !== "auto" ? isolation : isShippedPlugin(module) ? "worker" : "process",
    sharing: settings.plugin_sharing,
    granted: joinPermissions(settings.allow_plugin),
    timeoutMs: settings.plugin_timeout_ms,
    memoryMb: settings.plugin_memory_mb,
    watch: settings.watch && !isRemote(module),
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

/** Zones, lines and rules about objects mean nothing without somebody who follows them. */
function assembleScene(
  { track, objects, zones = [], lines = [] }: StreamSettings,
): StreamConfig["scene"] {
  if (!track && objects === undefined && zones.length === 0 && lines.length === 0) return null;
  return { objects: objects ?? objectDefaults, zones, lines };
}
