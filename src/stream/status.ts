/** The status of a stream as `/api/streams` shows it. */

import type { SessionCounts } from "../inference/inference.ts";
import type { Percentiles } from "../metrics/distribution.ts";

export type { Percentiles };

/** Every state there is. */
export const streamStates = [
  "connecting",
  "live",
  "stalled",
  "reconnecting",
  "model_unavailable",
  "ended",
  "failed",
] as const;

/** Where a stream stands. */
export type StreamState = typeof streamStates[number];

/** Frames that were not processed, by the reason. */
export interface Dropped {
  readonly queue_full: number;
  readonly too_old: number;
  readonly skipped: number;
  /** At a graph, which went on without answering them, or let them grow too old. */
  readonly no_answer: number;
  readonly error: number;
}

/** At every moment: `received = processed + Σ dropped + in_flight`. */
export interface LedgerCounts {
  readonly received: number;
  readonly processed: number;
  readonly dropped: Dropped;
  readonly in_flight: number;
}

/** What became of the detections that a secondary model was to look at. */
export interface SecondaryCounts {
  /** Looked at. */
  readonly asked: number;
  /** Followed objects of which it was still known what the model said. */
  readonly reused: number;
  /** Went out without: the model was away, busy, late or failed, or the picture was gone. */
  readonly missed: number;
}

/** One stream as `GET /api/streams` shows it. */
export interface StreamStatus {
  readonly name: string;
  readonly state: StreamState;
  /** One sentence on the state when there is something to say, such as why the camera is away. */
  readonly detail: string | null;
  /** The source's URL with credentials masked. */
  readonly source: string;
  readonly use_case: string;
  /** The model, as its backend describes it. */
  readonly model: string;
  readonly frames: LedgerCounts;
  /** Results a second over the last seconds. */
  readonly fps: number;
  /** From demux to record, over the last seconds. */
  readonly age_ms: Percentiles;
  /** One request, over the last seconds. */
  readonly inference_ms: Percentiles;
  /** How often the source was started again. */
  readonly reconnects: number;
  /** Present only when there is a secondary model. */
  readonly secondary?: SecondaryCounts;
  /** Present only when a graph is asked in a stream: what it sent, output by output. */
  readonly graph?: Readonly<SessionCounts>;
  /** How many watch the live view now. */
  readonly viewers: number;
  /** Labels of the newest result with how often each was found, such as `{ "person": 2 }`. */
  readonly labels: Readonly<Record<string, number>>;
}
