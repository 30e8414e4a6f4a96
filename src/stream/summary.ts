/** The one JSON object that `--benchmark` prints at the end. */

import type { Percentiles } from "../metrics/distribution.ts";
import type { StreamMonitor } from "./monitor.ts";
import type { LedgerCounts } from "./status.ts";

/** What became of one stream. */
export interface Summary {
  readonly stream: string;
  /** From the first frame to the last result, in seconds. */
  readonly duration_s: number;
  readonly frames: LedgerCounts;
  /** Records a second. */
  readonly fps: number;
  readonly age_ms: Percentiles;
  readonly inference_ms: Percentiles;
}

/** Sums up a stream over its whole life. */
export function summarize(stream: string, monitor: StreamMonitor): Summary {
  const frames = monitor.ledger.counts();
  const durationS = Math.round(monitor.durationS * 1000) / 1000;
  return {
    stream,
    duration_s: durationS,
    frames,
    fps: durationS > 0 ? Math.round(frames.processed / durationS * 100) / 100 : 0,
    age_ms: monitor.ages.total(),
    inference_ms: monitor.inferences.total(),
  };
}
