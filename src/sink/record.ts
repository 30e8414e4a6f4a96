/** The record of one processed frame, in the form in which it leaves Sightline. */

import type { FrameInfo } from "../frame/frame.ts";
import type { Analysis, AnalysisEvent, Box } from "../frame/analysis.ts";

/** One processed frame; the keys are those of the JSON. */
export interface AnalysisRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly pts_ms: number;
  /** ISO 8601, UTC: when the frame's packet was demuxed. */
  readonly captured_at: string;
  /** From demux to this record, in whole milliseconds. */
  readonly age_ms: number;
  readonly use_case: string;
  readonly detections: readonly DetectionRecord[];
  /** Present only when the use case classifies. */
  readonly classifications?: readonly ClassificationRecord[];
  readonly events: readonly AnalysisEvent[];
  readonly data: unknown;
}

/** One detection, as it stands in the JSON. */
export interface DetectionRecord {
  readonly label: string;
  readonly label_id: number;
  readonly confidence: number;
  readonly box: Box;
  /** Present only when the use case follows objects. */
  readonly track_id?: number;
}

/** One classification, as it stands in the JSON. */
export interface ClassificationRecord {
  readonly label: string;
  readonly label_id: number;
  readonly confidence: number;
}

/** Puts together the record of one frame. `nowMs` is the wall clock, in milliseconds. */
export function toRecord(
  frame: FrameInfo,
  useCase: string,
  analysis: Analysis,
  nowMs: number,
): AnalysisRecord {
  return {
    stream: frame.stream,
    sequence: frame.sequence,
    pts_ms: Math.round(frame.ptsMs),
    captured_at: new Date(frame.capturedAtMs).toISOString(),
    age_ms: Math.max(0, Math.round(nowMs - frame.capturedAtMs)),
    use_case: useCase,
    detections: (analysis.detections ?? []).map((detection) => ({
      label: detection.label,
      label_id: detection.labelId,
      confidence: roundTo(detection.confidence, 4),
      box: {
        x: roundTo(detection.box.x, 5),
        y: roundTo(detection.box.y, 5),
        width: roundTo(detection.box.width, 5),
        height: roundTo(detection.box.height, 5),
      },
      ...(detection.trackId !== undefined && { track_id: detection.trackId }),
    })),
    ...(analysis.classifications && {
      classifications: analysis.classifications.map((classification) => ({
        label: classification.label,
        label_id: classification.labelId,
        confidence: roundTo(classification.confidence, 4),
      })),
    }),
    events: analysis.events ?? [],
    data: analysis.data ?? null,
  };
}

/** Keeps records short: five decimals of a box are a hundredth of a pixel at 1080p. */
function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
