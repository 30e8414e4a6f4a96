/** What is set for a stream: the way of a camera's frames through one use case. */

import { type DestinationConfig, destinationConfig } from "../delivery/destination_config.ts";
import {
  checkModel,
  inferenceConfig,
  modelSettings,
  type ModelValues,
  type SharingConfig,
  sharingConfig,
} from "../inference/settings.ts";
import type { InferenceConfig } from "../inference/inference.ts";
import {
  type MediaConfig,
  mediaConfig,
  type MediaValues,
  type RingConfig,
  ringConfig,
  type RingValues,
} from "../media/settings.ts";
import { type OutputConfig, outputConfig, type OutputValues } from "../output/settings.ts";
import { type SceneConfig, sceneConfig, type SceneValues } from "../objects/settings.ts";
import { type Element, nested } from "../settings/kinds.ts";
import type { Problem } from "../settings/problem.ts";
import {
  complete,
  integer,
  number,
  parsedList,
  refined,
  table,
  text,
  type ValuesOf,
} from "../settings/setting.ts";
import { type SinkConfig, sinkConfig } from "../sink/sinks.ts";
import { type SourceConfig, sourceConfig, type SourceValues } from "../source/settings.ts";
import {
  type UseCaseConfig,
  useCaseConfig,
  useCaseSettings,
  type UseCaseValues,
} from "../use_case/settings.ts";

const hourMs = 3_600_000;
const { binary_input: _jpeg, inference_executors: _executors, ...secondModel } = modelSettings;
const { watch: _watch, ...secondUseCase } = useCaseSettings;

const secondaryRows = table({ group: "Use case" }, {
  labels: parsedList("a label", (label) => label, {
    value: "LABEL",
    help: "which detections it looks at",
  }),
  max_crops: integer(1, 64, {
    value: "N",
    default: 4,
    help: "detections of one frame that it looks at, the largest first",
  }),
  min_confidence: number(0, 1, {
    value: "SHARE",
    default: 0,
    help: "detections below are not looked at",
  }),
  padding: number(0, 2, {
    value: "SHARE",
    default: 0.1,
    help: "what is added to a box on each side, as a share of its size",
  }),
  refresh_ms: integer(0, hourMs, {
    value: "MS",
    default: 1000,
    help: "what it said of an object that is followed holds so long",
  }),
});

/** The keys of `secondary`. */
export const secondarySettings = { ...secondModel, ...secondUseCase, ...secondaryRows };

/** The address of a stream's page would lead elsewhere, however it is written. */
const isNoFolder = (name: string) => !/^\.{1,2}$/.test(name);

/** The rows, in the order of the help. */
export const flowSettings = table({ group: "Stream" }, {
  stream_name: refined(
    text("1 to 64 letters, digits, dots, dashes or underscores", {
      value: "NAME",
      default: "default",
      help: "what the stream is called in records, logs and the live view",
    }, /^[\p{L}\p{N}._-]{1,64}$/u),
    isNoFolder,
    "means a folder in an address, must be another name",
  ),
  secondary: nested(secondarySettings, {
    group: "Use case",
    value: "JSON",
    unset: "none",
    help: "a second model on what the first one finds, see docs/secondary.md",
  }, checkSecondary),
  buffer_size: integer(1, 10_000, {
    value: "N",
    default: 100,
    help: "frames that may wait; when full, the oldest is dropped",
  }),
  max_frame_age_ms: integer(1, hourMs, {
    value: "MS",
    default: 1000,
    help: "an older frame is dropped before inference",
  }),
});

function checkSecondary(
  right: ValuesOf<typeof secondarySettings>,
  given: Readonly<Record<string, unknown>>,
): Problem[] {
  const has = (setting: string) => given[setting] !== undefined && given[setting] !== false;
  const isNamed = has("use_case");
  return [
    ...checkModel(right, has),
    ...isNamed ? [] : [{ setting: "use_case", message: "missing, name a plugin" }],
  ];
}

/** A stream's settings, as far as they were given and right. */
export type StreamValues =
  & SourceValues
  & RingValues
  & OutputValues
  & MediaValues
  & ValuesOf<typeof flowSettings>
  & SceneValues
  & ModelValues
  & UseCaseValues
  & { sink?: Element[] };

/** A second model, which looks at parts of the picture in which the first one found something. */
export type SecondaryConfig = ReturnType<typeof secondaryConfig>;

function secondaryConfig(values: ValuesOf<typeof secondarySettings>) {
  return {
    inference: inferenceConfig(values),
    sharing: sharingConfig(values),
    useCase: useCaseConfig(values, values.no_model ?? false) as UseCaseConfig,
    /** `labels` null: it looks at all detections. */
    ...complete(secondaryRows, values),
  };
}

/** One use case on one camera, complete. */
export interface StreamConfig {
  /** Unique; `door.faces` where several use cases share the camera `door`. */
  readonly name: string;
  /** Streams of one camera have equal `source`s, and can share its decoding. */
  readonly camera: string;
  readonly source: SourceConfig & {
    readonly ring: RingConfig;
    readonly outputs: readonly OutputConfig[];
  };
  readonly inference: InferenceConfig;
  readonly sharing: SharingConfig;
  readonly useCase: UseCaseConfig;
  /** Looks at what the first model found; null = none does. */
  readonly secondary: SecondaryConfig | null;
  /** Follows objects; null = none does, but perhaps the use case itself. */
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

/** Fills in the defaults. `camera` is whose stream it is; undefined = its own name. */
export function streamConfig(values: StreamValues, camera: string | undefined): StreamConfig {
  const { streamName: name, secondary, ...flow } = complete(flowSettings, values);
  const { binaryInput, inferenceExecutors: executors } = complete(modelSettings, values);
  const sink = values.sink ?? [];
  return {
    name,
    camera: camera ?? name,
    source: {
      ...sourceConfig(values),
      ring: ringConfig(values),
      outputs: outputConfig(values),
    },
    inference: inferenceConfig(values),
    sharing: sharingConfig(values),
    useCase: useCaseConfig(values, values.no_model ?? false),
    secondary: secondary === null ? null : secondaryConfig(secondary),
    scene: sceneConfig(values),
    media: mediaConfig(values),
    sinks: sink.flatMap((one) => sinkConfig(one) ?? []),
    destinations: sink.flatMap((one) => destinationConfig(one) ?? []),
    binaryInput: binaryInput && values.ovms_url !== undefined,
    executors,
    ...flow,
  };
}

/** When to stop by itself (null = never), and how. */
export interface LimitConfig {
  readonly frames: number | null;
  readonly durationMs: number | null;
  /** After a stop, what is under way may take so long. */
  readonly drainMs: number;
}
