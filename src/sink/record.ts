/** The record of one processed frame, in the form in which it leaves Sightline. */

import type { FrameInfo } from "../frame/frame.ts";
import type {
  Analysis,
  AnalysisEvent,
  Box,
  Classification,
  Detection,
  SecondaryAnalysis,
} from "../frame/analysis.ts";

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
  /** Present only when a secondary model has looked at it. */
  readonly secondary?: SecondaryRecord;
}

/** What a secondary model said of a detection, as it stands in the JSON. */
export interface SecondaryRecord {
  readonly use_case: string;
  readonly classifications?: readonly ClassificationRecord[];
  readonly detections?: readonly DetectionRecord[];
  readonly data?: unknown;
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
    detections: (analysis.detections ?? []).map(detectionRecord),
    ...(analysis.classifications && {
      classifications: analysis.classifications.map(classificationRecord),
    }),
    events: analysis.events ?? [],
    data: analysis.data ?? null,
  };
}

function detectionRecord(found: Detection): DetectionRecord {
  const { label, labelId, confidence, box, trackId, secondary } = found;
  return {
    label,
    label_id: labelId,
    confidence: roundTo(confidence, 4),
    box: {
      x: roundTo(box.x, 5),
      y: roundTo(box.y, 5),
      width: roundTo(box.width, 5),
      height: roundTo(box.height, 5),
    },
    ...(trackId !== undefined && { track_id: trackId }),
    ...(secondary && { secondary: secondaryRecord(secondary) }),
  };
}

function secondaryRecord(said: SecondaryAnalysis): SecondaryRecord {
  const { useCase, classifications, detections, data } = said;
  return {
    use_case: useCase,
    ...(classifications && { classifications: classifications.map(classificationRecord) }),
    ...(detections && { detections: detections.map(detectionRecord) }),
    ...(data !== undefined && { data }),
  };
}

function classificationRecord(given: Classification): ClassificationRecord {
  const { label, labelId, confidence } = given;
  return { label, label_id: labelId, confidence: roundTo(confidence, 4) };
}

/** Keeps records short: five decimals of a box are a hundredth of a pixel at 1080p. */
function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
