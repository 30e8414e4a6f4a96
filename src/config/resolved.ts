/** The settings as the code sees them: complete, checked, in one unit each. */

import type { DestinationConfig } from "../delivery/destination_config.ts";
import type { SinkConfig } from "../sink/sinks.ts";
import type { LineConfig, ObjectsConfig, ZoneConfig } from "./scene_settings.ts";

/** Everything one process does. */
export interface ResolvedConfig {
  readonly streams: readonly StreamConfig[];
  /** Null: no live view, and nothing is drawn or encoded. */
  readonly visualizer: VisualizerConfig | null;
  /** Null: metrics and probes are served with the live view only, if there is one. */
  readonly metrics: MetricsConfig | null;
  readonly events: EventsConfig;
  /** Of all frames, the share that OpenTelemetry is told of, from 0 to 1. */
  readonly traceSample: number;
  readonly log: LogConfig;
  readonly limits: LimitConfig;
  /** Print one JSON summary on stdout at the end. */
  readonly benchmark: boolean;
}

/** One use case on one camera. */
export interface StreamConfig {
  /** Unique; `door.faces` where several use cases share the camera `door`. */
  readonly name: string;
  /** Streams of one camera have equal `source`s, and can share its decoding. */
  readonly camera: string;
  readonly source: SourceConfig;
  readonly inference: InferenceConfig;
  readonly sharing: SharingConfig;
  readonly useCase: UseCaseConfig;
  /** Looks at what the first model found; null = nobody does. */
  readonly secondary: SecondaryConfig | null;
  /** Follows objects; null = nobody does, but perhaps the use case itself. */
  readonly scene: SceneConfig | null;
  readonly media: MediaConfig;
  readonly sinks: readonly SinkConfig[];
  /** Where its events go. */
  readonly destinations: readonly DestinationConfig[];
  /** Send the frame as one JPEG instead of pixels. */
  readonly binaryInput: boolean;
  /** Requests in flight. */
  readonly executors: number;
  /** Frames that may wait for an executor. */
  readonly bufferSize: number;
  /** An older frame of a live source is dropped. */
  readonly maxFrameAgeMs: number;
}

/** Which events have a picture, where a folder keeps events. */
export interface MediaConfig {
  /** Types of events that have one without asking for it. */
  readonly snapshots: readonly string[];
}

/** What is followed in the picture, and where. */
export interface SceneConfig {
  readonly objects: ObjectsConfig;
  readonly zones: readonly ZoneConfig[];
  readonly lines: readonly LineConfig[];
}

/** A second model, which looks at parts of the picture in which the first one found something. */
export interface SecondaryConfig {
  readonly inference: InferenceConfig;
  readonly sharing: SharingConfig;
  readonly useCase: UseCaseConfig;
  /** Detections that it looks at; null = all. */
  readonly labels: readonly string[] | null;
  /** Detections of one frame that it looks at, the largest first. */
  readonly maxCrops: number;
  readonly minConfidence: number;
  /** What is added to a box on each side, as a share of its size. */
  readonly padding: number;
  /** What it said of an object that is followed holds so long. */
  readonly refreshMs: number;
}

/** Where frames come from. */
export interface SourceConfig {
  /** As the user gave it, credentials included: mask it before it is shown. */
  readonly url: string;
  readonly rtspTransport: "tcp" | "udp" | "http";
  /** Wait for a camera that pushes to `url`. */
  readonly rtspListen: boolean;
  /** Which certificates of a camera that speaks TLS are good. */
  readonly tls: CameraTlsConfig;
  /** Frames a second at most; null = all of them. */
  readonly fps: number | null;
  /** Which pictures are decoded. */
  readonly decode: "all" | "keyframes";
  /** The part of the camera's picture that is looked at, in fractions of it; null = all of it. */
  readonly region: RegionConfig | null;
  /** Frames in which nothing moves are skipped; null = none are. */
  readonly motion: MotionConfig | null;
  /** ffmpeg's name of the hardware that decodes, `auto` = any; null = the CPU. */
  readonly hwaccel: string | null;
  /** Megabytes that the ffmpeg of a camera may allocate. */
  readonly ffmpegMemoryMb: number;
  /** No frame for so long means the source has stalled. */
  readonly stallTimeoutMs: number;
  /** Restarts in a row without a frame before giving up; 0 = never give up. */
  readonly reconnectLimit: number;
  /** How much of its packets is kept for pictures of events. */
  readonly ring: RingConfig;
}

/** The last packets of a camera. */
export interface RingConfig {
  /** 0: none are kept, and events have no pictures. */
  readonly seconds: number;
  readonly megabytes: number;
}

/** Which certificates of a camera are good. */
export interface CameraTlsConfig {
  /** PEM file with who may have signed them, or the camera's own; null = the system's authorities. */
  readonly caFile: string | null;
  /** All are. */
  readonly insecure: boolean;
}

/** A part of the camera's picture, in fractions (0…1) of it; origin top left. */
export interface RegionConfig {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** When something moves. */
export interface MotionConfig {
  /** Share of the picture that must have changed, 0…1. */
  readonly threshold: number;
  /** Frames are taken for so long after the last one in which something moved. */
  readonly holdMs: number;
}

/** Which model answers. */
export type InferenceConfig = ModelServerConfig | OnnxConfig | NoModelConfig;

/** How streams that ask the same model share it. */
export interface SharingConfig {
  /** Requests on their way to the model at once; null = as the executors and the model make it. */
  readonly maxInFlight: number | null;
  /** Frames in one request; 1 = each goes alone. */
  readonly batchMaxSize: number;
  /** How long the first frame of a request may wait for others. */
  readonly batchMaxWaitMs: number;
}

/** A model behind a model server. */
export interface ModelServerConfig {
  readonly kind: "server";
  /** `grpc://host:port`, `grpcs://host:port`, `http://…` or `https://…`: always with a scheme. */
  readonly url: string;
  readonly modelName: string;
  /** 0 = latest. */
  readonly modelVersion: number;
  readonly api: "auto" | "kserve" | "tfs";
  readonly timeoutMs: number;
  readonly tls: TlsConfig;
}

/** PEM files for TLS; null = the system's roots, no client certificate. */
export interface TlsConfig {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

/** A model run in this process. */
export interface OnnxConfig {
  readonly kind: "onnx";
  readonly path: string;
  readonly timeoutMs: number;
}

/** No model: what the use case prepares is what it gets. */
export interface NoModelConfig {
  readonly kind: "none";
}

/** Which plugin, what its factory is given, and what it is confined to. */
export interface UseCaseConfig {
  /** A path, or a `file:`, `http:` or `https:` URL. */
  readonly module: string;
  readonly options: unknown;
  readonly isolation: "worker" | "process";
  /** Whether streams with the same plugin share its Worker or process, or each has its own. */
  readonly sharing: "plugin" | "stream";
  /** What the operator lets it do. */
  readonly granted: Permissions;
  /** Of `test`: what it would send is withheld where it was not granted, rather than refused. */
  readonly withholdsNet?: true;
  /** For each call. */
  readonly timeoutMs: number;
  /** Megabytes; of a plugin in a process of its own. */
  readonly memoryMb: number;
  /** Start it again when it is saved; only for one on this machine. */
  readonly watch: boolean;
  /** Where modules of plugins given by URL are kept; null = with the user's other caches. */
  readonly cacheDir: string | null;
}

/** Access for a plugin: `true` = everything of a kind, otherwise hosts, paths or names. */
export interface Permissions {
  readonly net?: true | readonly string[];
  readonly read?: true | readonly string[];
  readonly write?: true | readonly string[];
  readonly env?: true | readonly string[];
  readonly sys?: true | readonly string[];
  readonly run?: true | readonly string[];
  readonly ffi?: true | readonly string[];
}

/** The live view. */
export interface VisualizerConfig {
  readonly host: string;
  readonly port: number;
  /** Null: whoever reaches it gets in. */
  readonly access: AccessConfig | null;
  /** PEM files; null = plain http. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
}

/** What opens the live view: the token, or user and password. One of them is there. */
export interface AccessConfig {
  readonly token: SecretConfig | null;
  /** May look, and write: post events. @default {null} */
  readonly operateToken?: SecretConfig | null;
  readonly user: string | null;
  readonly password: SecretConfig | null;
}

/** A secret, or the file that holds it. */
export type SecretConfig = { readonly value: string } | { readonly file: string };

/** Where metrics and probes are served without the live view. */
export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
}

/** Where events are kept, and for how long. */
export interface EventsConfig {
  /** Null: in memory, and not many. */
  readonly dataDir: string | null;
  readonly keepDays: number;
  /** Of events with these labels. @default {{}} */
  readonly keepDaysByLabel?: Readonly<Record<string, number>>;
  /** Null: however many there are. */
  readonly keepGb: number | null;
}

/** When to stop by itself (null = never), and how. */
export interface LimitConfig {
  readonly frames: number | null;
  readonly durationMs: number | null;
  /** After a stop, what is under way may take so long. */
  readonly drainMs: number;
}

/** What is logged, and how. */
export interface LogConfig {
  readonly level: "DEBUG" | "INFO" | "WARNING" | "ERROR";
  readonly format: "text" | "json";
}
