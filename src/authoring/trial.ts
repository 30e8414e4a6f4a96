/** Runs a plugin over recorded or live frames, and collects its output. */

import type { Analysis, Annotation } from "../frame/analysis.ts";
import type { FrameInfo } from "../frame/frame.ts";
import { type AnalysisRecord, toRecord } from "../sink/record.ts";
import type { UseCaseHost } from "../use_case/host.ts";
import { isPart } from "./content_rect_advice.ts";
import type { PluginCalls } from "./plugin_calls.ts";
import type { RecordingWriter } from "./recording.ts";
import type { TrialFrame } from "./trial_frame.ts";

/** One line of a golden file: a record without what differs from run to run. */
export type Entry = AnalysedEntry | SkippedEntry;

type AnalysedEntry = Omit<AnalysisRecord, "stream" | "captured_at" | "age_ms" | "use_case"> & {
  /** Present only when the use case draws. */
  readonly annotations?: readonly Annotation[];
};

interface SkippedEntry {
  readonly sequence: number;
  readonly pts_ms: number;
  readonly skipped: true;
}

/** What a trial gave. */
export interface Trial {
  /** The plugin's output for each frame, in order. */
  readonly entries: readonly Entry[];
  /** Whether there were boxes for a frame that is a part of the camera's picture, or more than it. */
  readonly hasBoxesInPart: boolean;
}

/**
 * Runs the plugin over all frames, or so many at the most. `recording` takes each frame before the
 * plugin, which may change its tensors. The first error ends the trial, and is thrown.
 */
export async function runTrial(
  frames: AsyncIterable<TrialFrame>,
  host: UseCaseHost,
  calls: PluginCalls,
  limitFrames: number | null,
  recording: RecordingWriter | null,
): Promise<Trial> {
  const entries: Entry[] = [];
  let hasBoxesInPart = false;
  let isTold = false;
  for await (const each of frames) {
    const { frame, outputs } = each;
    await recording?.add(each);
    if (outputs === null) {
      entries.push({ sequence: frame.sequence, pts_ms: Math.round(frame.ptsMs), skipped: true });
    } else {
      if (!isTold) await calls.call(frame, () => host.session?.({ number: 1, state: "fresh" }));
      isTold = true;
      const analysis = await calls.call(frame, () => host.postprocess(outputs, frame));
      hasBoxesInPart ||= isPart(frame) && (analysis.detections ?? []).length > 0;
      entries.push(toEntry(frame, analysis));
    }
    if (entries.length === limitFrames) break;
  }
  return { entries, hasBoxesInPart };
}

/** As it comes out of a file: only what JSON can hold. */
function toEntry(frame: FrameInfo, analysis: Analysis): Entry {
  const { sequence, pts_ms, detections, classifications, events, data } = toRecord(
    ...[frame, "", analysis, frame.capturedAtMs] as const,
  );
  const { annotations } = analysis;
  const entry = { sequence, pts_ms, detections, classifications, events, annotations, data };
  return JSON.parse(JSON.stringify(entry));
}
