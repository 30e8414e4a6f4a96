/** What a live view is made with, and what it shows while there is no picture. */

import type { Logger } from "@logtape/logtape";
import type { ChildGuard } from "../process_guard.ts";
import type { DrawStream } from "../use_case/host.ts";

/** Settings of a live view. */
export interface StreamViewOptions {
  /** Name of the camera. */
  readonly stream: string;
  readonly logger: Logger;
  readonly guard: ChildGuard;
  /** Megabytes that a decoder may allocate. @default {no limit} */
  readonly memoryMb?: number;
  /** Draws what a stream has to say into a picture, after all boxes and annotations were drawn. */
  readonly draw?: DrawStream;
  /**
   * Streams without whose `draw` no picture may be shown: a use case that draws may be one that
   * hides faces, and a picture without a result, or that it failed on, would show them.
   */
  readonly mustDraw?: () => readonly string[];
}

/**
 * `small` is for grids of many cameras; `plain` for viewers that draw boxes themselves, at the
 * camera's own rate.
 */
export type ViewSize = "full" | "small" | "plain";

/** A JPEG for all viewers. */
export interface EncodedPicture {
  readonly jpeg: Uint8Array;
  /** On the stream's own clock; null = it has no time, or is no picture of the camera. */
  readonly ptsMs: number | null;
}

/** What a viewer sees while there is no picture. */
export interface Caption {
  readonly title: string;
  readonly sentence: string;
}
