/** The parts that a stream is made of. */

import type { Logger } from "@logtape/logtape";
import type { LimitConfig, StreamConfig } from "./settings.ts";
import type { Analysis } from "../frame/analysis.ts";
import type { FrameFormat, FrameInfo } from "../frame/frame.ts";
import type { Inference } from "../inference/inference.ts";
import type { EventDraft } from "../events/event.ts";
import type { FrameTracer } from "../metrics/frame_tracer.ts";
import type { FanOut } from "../sink/fan_out.ts";
import type { AnalysisRecord } from "../sink/record.ts";
import type { Scene } from "../objects/scene.ts";
import type { CameraClock } from "../source/clock/camera_clock.ts";
import type { Source } from "../source/source.ts";
import type { UseCaseHost, UseCaseRequest } from "../use_case/host.ts";
import type { StreamMonitor } from "./monitor.ts";
import type { Secondary } from "./secondary.ts";

/** The parts of a stream; their opener disposes of them. */
export interface StreamParts {
  readonly config: StreamConfig;
  readonly limits: LimitConfig;
  readonly logger: Logger;
  readonly inference: Inference;
  readonly sinks: FanOut;
  readonly monitor: StreamMonitor;
  /** The camera's time, which never jumps. */
  readonly clock: CameraClock;
  /** Opens a source that runs once. */
  openSource(format: FrameFormat): Source;
  /** Brings the plugin to life for a model. */
  openUseCase(
    request: Pick<UseCaseRequest, "model" | "onRestart" | "onReplaced">,
  ): Promise<UseCaseHost>;
  /** Follows some frames for OpenTelemetry; null when it is off. */
  readonly tracer: FrameTracer | null;
  /** Looks at what the model found before a record is made of it; null when there is none. */
  readonly secondary?: Secondary | null;
  /** Follows what the use case finds; null when it is off. */
  readonly scene?: Scene | null;
  /** Takes events of a frame that became too old to be recorded. */
  keepEvents?(record: AnalysisRecord): void;
  /** Takes events of the scene. */
  tellEvent?(draft: EventDraft): void;
  /** Takes note of frames for pictures of events. @default {there are none} */
  readonly media?: FrameListener | null;
  /** Takes results for the live view; null when there is none. */
  readonly view: StreamViewer | null;
}

/** What a stream tells the live view. */
export interface StreamViewer {
  annotate(frame: FrameInfo, analysis: Analysis): void;
  /** Of the stream's frame of this time there will be no result; `ptsMs` is the source's own. */
  skip?(stream: string, ptsMs: number): void;
  /** Nothing more is told; resolves when the use case is needed no more to draw what was. */
  drain?(signal: AbortSignal): Promise<void>;
}

/** What a stream tells those who make pictures of its events. */
export interface FrameListener {
  /** `stampMs` is the source's own time stamp, by which the camera's packet is known. */
  note(frame: FrameInfo, stampMs: number, analysis: Analysis): void;
  /** How far such a frame is behind its key frame, in milliseconds; 0 = that is not known. */
  sinceKeyMs(stampMs: number): number;
}
