/** The source seam: where frames come from. */

import type { Frame, FullPicture } from "../frame/frame.ts";
import { shorten } from "../log/shorten.ts";

/** A frame as it leaves a source. */
export interface SourceFrame extends Frame {
  /** The same picture at its full size, where a secondary model wants parts of it. */
  readonly full?: FullPicture;
  /** How old it is by nature, as it comes in segments of some seconds. @default {0} */
  readonly delayMs?: number;
  /** Nothing moves in it, and motion was asked for: it counts as skipped and goes no further. */
  readonly still?: true;
}

/**
 * Something that yields frames: a camera, a file, a device.
 *
 * It runs once. It ends when the material ends, or throws a {@link SourceError}; it never retries,
 * since the supervisor does. Aborting the signal ends it without an error and leaves nothing behind.
 */
export interface Source {
  /** True when frames come at their own pace, whether or not we take them. False for a file. */
  readonly live: boolean;
  /** True when a run that failed is worth another: a camera comes back, a file does not. */
  readonly returns: boolean;
  /**
   * Aborts when a source that failed before is known to work again: then the next attempt need not
   * wait any longer.
   */
  readonly retryNow?: AbortSignal;
  /** Frames in presentation order, numbered from 0. The consumer may be slow only when the source is not live. */
  frames(signal: AbortSignal): AsyncIterable<SourceFrame>;
}

/** Why a source ended early. */
export type SourceReason =
  | "refused"
  | "dns"
  | "unreachable"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "timeout"
  | "stalled"
  | "codec"
  | "hardware"
  | "no_video"
  | "invalid_data"
  | "address_in_use"
  | "connection_lost"
  | "tls"
  | "memory"
  | "no_space"
  | "ffmpeg_missing"
  | "unknown";

/** Characters of a message at most; what a camera says may be of any length. */
const longestMessage = 1000;

/** A source could not start or go on; the supervisor reads `reason` and tries again. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  constructor(
    readonly reason: SourceReason,
    message: string,
    /** What the operator can do about it, one sentence. */
    readonly hint: string,
    options?: ErrorOptions,
  ) {
    super(shorten(message, longestMessage), options);
  }
}
