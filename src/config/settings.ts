/** Every setting there is: the one source of flags, help, checks, the file's keys and its schema. */

import {
  choice,
  integer,
  json,
  number,
  parsed,
  parsedList,
  text,
  toggle,
} from "../settings/setting.ts";
import { basename } from "node:path";
import { nearest } from "../settings/nearest.ts";
import type { NamedFile, Setting, ValuesOf } from "../settings/setting.ts";
import { isShippedName, SHIPPED_PLUGINS } from "./shipped_plugins.ts";
import { mediaDefaults, mediaSettings, ringDefaults, ringSettings } from "../media/settings.ts";
import { parsePermissions, PERMISSIONS_ALLOWED } from "./parse_permissions.ts";
import { parseRegion, REGION_ALLOWED } from "./parse_region.ts";
import { isName, rebasePermissions, rebasePlugin, rebaseStream } from "./rebase.ts";
import { sceneSettings } from "./scene_settings.ts";
import { kindList } from "../settings/kinds.ts";
import { file, isRemote, path } from "../settings/paths.ts";
import { destinationSinks } from "../delivery/destination_config.ts";
import { sinks } from "../sink/sinks.ts";
import {
  OVMS_URL_ALLOWED,
  parseOvmsUrl,
  parseStreamUrl,
  parseUseCase,
  STREAM_URL_ALLOWED,
  USE_CASE_ALLOWED,
} from "./parse_urls.ts";

export { processDefaults, type ProcessSettings, processSettings } from "./process_settings.ts";

/** The plugin that runs when none is named; it ships with Sightline. */
export const DEFAULT_USE_CASE = "person_vehicle_bike";

/** The same where no model is asked. */
export const DEFAULT_WITHOUT_MODEL = "motion";

const HOUR_MS = 3_600_000;
const FILE_ALLOWED = "the path of a PEM file";

/** The address of its page would lead elsewhere, however it is written. */
function streamName(setting: Setting<string>): Setting<string> {
  const error = "means a folder in an address, must be another name";
  return {
    ...setting,
    schema: setting.schema.refine((name) => !/^\.{1,2}$/.test(name), { error }),
  };
}

/** What belongs to a camera, however many use cases look at it. */
export const cameraSettings = {
  stream_url: parsed(STREAM_URL_ALLOWED, parseStreamUrl, {
    group: "Stream",
    value: "URL",
    rebase: rebaseStream,
    file: (url: string) => isRemote(url) ? null : { path: url, use: "read" },
    help: "camera: rtsp(s), http(s), rtmp, srt, udp, a file or a device (required)",
  }),
  stream_name: streamName(
    text("1 to 64 letters, digits, dots, dashes or underscores", {
      group: "Stream",
      value: "NAME",
      help: "what the stream is called in records, logs and the live view",
    }, /^[\p{L}\p{N}._-]{1,64}$/u),
  ),
  rtsp_transport: choice(["tcp", "udp", "http"], {
    group: "Stream",
    value: "WORD",
    help: "how RTSP media travels: tcp, udp or http",
  }),
  rtsp_listen: toggle({
    group: "Stream",
    help: "wait at the rtsp://, rtmp:// or srt:// URL for a camera that pushes",
  }),
  stream_tls_ca: file(FILE_ALLOWED, {
    group: "Stream",
    value: "FILE",
    help: "PEM: trust a camera at rtsps or https with this certificate, or signed by it",
  }),
  stream_tls_insecure: toggle({
    group: "Stream",
    help: "trust a camera at rtsps or https whatever its certificate",
  }),
  fps: number(0.01, 1000, {
    group: "Stream",
    value: "N",
    help: "take at most N frames a second; how often a single JPEG is asked for (1)",
  }),
  decode: choice(["all", "keyframes"], {
    group: "Stream",
    value: "WORD",
    help: "all pictures, or keyframes: only those that need no other, for less CPU",
  }),
  region: parsed(REGION_ALLOWED, parseRegion, {
    group: "Stream",
    value: "X,Y,W,H",
    help: "look only at this part of the picture, in fractions: 0.1,0.2,0.5,0.5",
  }),
  motion_threshold: number(0, 1, {
    group: "Stream",
    value: "SHARE",
    help: "skip frames unless this share of the picture moves, such as 0.005",
  }),
  motion_hold_ms: integer(0, HOUR_MS, {
    group: "Stream",
    value: "MS",
    help: "with --motion_threshold: go on for so long after the last motion",
  }),
  hwaccel: text("a name that ffmpeg -hwaccels shows, or auto", {
    group: "Stream",
    value: "NAME",
    help: "decode on hardware: vaapi, cuda, qsv, videotoolbox, …, or auto",
  }, /^[A-Za-z0-9_]{1,32}$/),
  ffmpeg_memory_mb: integer(64, 1_048_576, {
    group: "Stream",
    value: "MB",
    help: "memory of a camera's ffmpeg; past it, the camera is connected to again",
  }),
  stall_timeout_ms: integer(100, HOUR_MS, {
    group: "Stream",
    value: "MS",
    help: "no frame for so long means the camera has stalled",
  }),
  reconnect_limit: integer(0, 1_000_000, {
    group: "Stream",
    value: "N",
    help: "give up after N vain attempts in a row; 0 = never",
  }),
  ...ringSettings,
} as const;

/** What a stream's `sink` may name: lines of records, or a destination of events. */
export const sinkKinds = [...sinks, ...destinationSinks];

/** What belongs to the way of a camera's frames through one use case. */
export const flowSettings = {
  secondary: json({
    group: "Use case",
    value: "JSON",
    rebase: rebaseSecondary,
    help: "a second model on what the first one finds, see docs/secondary.md",
  }),
  track: toggle({
    group: "Events",
    help: "follow objects and tell when they come and go; zones, lines and objects imply it",
  }),
  ...sceneSettings,
  ...mediaSettings,
  buffer_size: integer(1, 10_000, {
    group: "Stream",
    value: "N",
    help: "frames that may wait; when full, the oldest is dropped",
  }),
  max_frame_age_ms: integer(1, HOUR_MS, {
    group: "Stream",
    value: "MS",
    help: "an older frame is dropped before inference",
  }),
  sink: kindList(sinkKinds, {
    group: "Results and limits",
    value: "SINK",
    help: "records to stdout or jsonl:PATH, events to https://…; may be repeated",
  }),
} as const;

/** What belongs to a model: the keys of one in `models` of a configuration file. */
export const modelSettings = {
  ovms_url: parsed(OVMS_URL_ALLOWED, parseOvmsUrl, {
    group: "Model",
    value: "URL",
    help: "model server: host:port or grpc://, grpcs:// (TLS), http(s):// (KServe REST)",
  }),
  model_path: file("the path of an ONNX file", {
    group: "Model",
    value: "FILE",
    help: "ONNX file to run in this process, in place of --ovms_url",
  }),
  no_model: toggle({
    group: "Model",
    help: "ask no model, in place of --ovms_url: for use cases such as motion, the default then",
  }),
  model_name: text("the name of a model on the server", {
    group: "Model",
    value: "NAME",
    help: "the model's name on the server (required with --ovms_url)",
  }),
  model_version: integer(0, Number.MAX_SAFE_INTEGER, {
    group: "Model",
    value: "N",
    help: "the model's version on the server; 0 = latest",
  }),
  api: choice(["auto", "kserve", "tfs"], {
    group: "Model",
    value: "WORD",
    help: "kserve, tfs (TensorFlow Serving), or auto: KServe if the server speaks it",
  }),
  binary_input: toggle({
    group: "Model",
    help: "send JPEG instead of pixels",
  }),
  inference_executors: integer(1, 256, {
    group: "Model",
    value: "N",
    help: "requests in flight",
  }),
  inference_timeout_ms: integer(1, HOUR_MS, {
    group: "Model",
    value: "MS",
    help: "deadline of one request",
  }),
  max_in_flight: integer(1, 1024, {
    group: "Model",
    value: "N",
    help: "requests in flight to the model, of all streams that ask it",
  }),
  batch_max_size: integer(1, 256, {
    group: "Model",
    value: "N",
    help: "send up to N frames of all streams as one request, if the model takes it",
  }),
  batch_max_wait_ms: number(0, 1000, {
    group: "Model",
    value: "MS",
    help: "the first frame of a request waits so long for others",
  }),
  tls_ca: file(FILE_ALLOWED, {
    group: "Model",
    value: "FILE",
    help: "PEM: trust servers signed by these certificates",
  }),
  tls_cert: file(FILE_ALLOWED, {
    group: "Model",
    value: "FILE",
    help: "PEM: client certificate, with --tls_key",
  }),
  tls_key: file(FILE_ALLOWED, {
    group: "Model",
    value: "FILE",
    help: "PEM: key of the client certificate",
  }),
} as const;

/** What belongs to a use case: the keys of one in `use_cases` of a configuration file. */
export const useCaseSettings = {
  use_case: parsed(USE_CASE_ALLOWED, parseUseCase, {
    group: "Use case",
    value: "PLUGIN",
    rebase: rebasePlugin,
    file: pluginFile,
    help: "path or URL of the plugin, or the name of one that ships, such as motion",
  }),
  use_case_options: json({
    group: "Use case",
    value: "JSON",
    help: `options of the plugin, such as '{"threshold":0.6}'`,
  }),
  watch: toggle({
    group: "Use case",
    help: "when the plugin's file is saved, go on with the new version",
  }),
  isolation: choice(["auto", "worker", "process"], {
    group: "Use case",
    value: "WORD",
    help:
      "where the plugin runs: process, worker for trusted code, or auto: process unless it ships with us",
  }),
  plugin_sharing: choice(["plugin", "stream"], {
    group: "Use case",
    value: "WORD",
    help: "one process or Worker for each plugin, or for each stream",
  }),
  allow_plugin: parsedList(PERMISSIONS_ALLOWED, parsePermissions, {
    group: "Use case",
    value: "WHAT",
    rebase: rebasePermissions,
    help: "what the plugin may do: net=HOST,read=PATH,…; may be repeated",
  }),
  plugin_timeout_ms: integer(10, HOUR_MS, {
    group: "Use case",
    value: "MS",
    help: "deadline of one call of the plugin; past it, it is started again",
  }),
  plugin_memory_mb: integer(128, 1_048_576, {
    group: "Use case",
    value: "MB",
    help: "memory of a plugin in its own process; past it, it is started again",
  }),
  plugin_cache: path("the path of a directory", {
    group: "Use case",
    value: "DIR",
    help: "where plugins from URLs are kept",
  }),
} as const;

const { binary_input: _jpeg, inference_executors: _executors, ...secondModel } = modelSettings;
const { watch: _watch, ...secondUseCase } = useCaseSettings;

/** The keys of `secondary`. */
export const secondarySettings = {
  ...secondModel,
  ...secondUseCase,
  labels: parsedList("a label", (label) => label, {
    group: "Use case",
    value: "LABEL",
    help: "which detections it looks at",
  }),
  max_crops: integer(1, 64, {
    group: "Use case",
    value: "N",
    help: "detections of one frame that it looks at, the largest first",
  }),
  min_confidence: number(0, 1, {
    group: "Use case",
    value: "SHARE",
    help: "detections below are not looked at",
  }),
  padding: number(0, 2, {
    group: "Use case",
    value: "SHARE",
    help: "what is added to a box on each side, as a share of its size",
  }),
  refresh_ms: integer(0, HOUR_MS, {
    group: "Use case",
    value: "MS",
    help: "what it said of an object that is followed holds so long",
  }),
} as const;

/** What {@link secondarySettings} hold where nothing was given. */
export const secondaryDefaults = {
  max_crops: 4,
  min_confidence: 0,
  padding: 0.1,
  refresh_ms: 1000,
} as const;

/** What is set for each stream. */
export const streamSettings = {
  ...cameraSettings,
  ...flowSettings,
  ...modelSettings,
  ...useCaseSettings,
} as const;

/** A bare word was probably meant for a plugin that ships; a configuration file has made a path of it. */
function pluginFile(path: string): NamedFile | null {
  if (isRemote(path) || isShippedName(path)) return null;
  const name = basename(path);
  const closest = nearest(name, SHIPPED_PLUGINS);
  const hint = closest === null
    ? `plugins that ship are ${SHIPPED_PLUGINS.join(", ")}`
    : `did you mean ${closest}?`;
  return { path, use: "read", hint: name.includes(".") ? "" : `, ${hint}` };
}

/** Paths in `secondary`, seen from where the file lies. */
function rebaseSecondary(value: unknown, directory: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      const table: Readonly<Record<string, Setting>> = secondarySettings;
      const { rebase } = Object.hasOwn(table, name) ? table[name]! : {} as Partial<Setting>;
      const moved = (text: unknown) => {
        const isReference = name === "use_case" && isName(text);
        return rebase && !isReference ? rebase(text, directory) : text;
      };
      return [name, Array.isArray(part) ? part.map(moved) : moved(part)];
    }),
  );
}

/** What only a command line can say. */
export const commandSettings = {
  config: text("the path of a YAML file", {
    group: "Configuration file",
    value: "FILE",
    short: "c",
    help: "streams, models, use cases and sinks from this file, see docs/configuration.md",
  }),
} as const;

/** A stream's settings, as far as they were given and right. */
export type StreamSettings = ValuesOf<typeof streamSettings>;

/** What holds for a stream where nothing was given. */
export const streamDefaults = {
  stream_name: "default",
  rtsp_transport: "tcp",
  rtsp_listen: false,
  stream_tls_insecure: false,
  decode: "all",
  motion_hold_ms: 5000,
  ffmpeg_memory_mb: 512,
  stall_timeout_ms: 10_000,
  reconnect_limit: 0,
  ...ringDefaults,
  track: false,
  ...mediaDefaults,
  buffer_size: 100,
  max_frame_age_ms: 1000,
  model_version: 0,
  api: "auto",
  no_model: false,
  binary_input: false,
  inference_executors: 4,
  inference_timeout_ms: 5000,
  batch_max_size: 1,
  batch_max_wait_ms: 5,
  use_case: DEFAULT_USE_CASE,
  watch: false,
  isolation: "auto",
  plugin_sharing: "plugin",
  allow_plugin: [],
  plugin_timeout_ms: 1000,
  plugin_memory_mb: 512,
  sink: [],
} satisfies StreamSettings;
