/** A use case that wraps a detector and a tracker, and adds to the tracks. */

import {
  type AnalysisEvent,
  type Annotation,
  createTracker,
  type Detection,
  type Tracked,
  type TrackerOptions,
  type UseCase,
  type UseCaseContext,
} from "../../src/mod.ts";
import { anyObject, names } from "./options.ts";
import { type AnyFactory, overDetector } from "./over_detector.ts";

/** What every such use case lets `--use_case_options` set. */
export interface TrackingOptions {
  /** Only these labels are followed. @default {all} */
  readonly labels?: readonly string[];
  /** For the tracker, such as `{"minHits": 2}`. */
  readonly tracker?: TrackerOptions;
  /** For the detector. */
  readonly detectorOptions?: object;
}

/** Rules of these options. */
export const trackingRules = {
  labels: names,
  tracker: anyObject,
  detectorOptions: anyObject,
} as const;

/** What is reported of a frame's objects. */
export interface TrackReport {
  readonly events: readonly AnalysisEvent[];
  readonly annotations: readonly Annotation[];
  /** Keys that are added to the detector's own `data`. */
  readonly data: object;
}

/** Makes the detector, follows what it finds, and adds the result of `report`. */
export async function overTracks(
  detector: AnyFactory,
  { labels: wanted, tracker: trackerOptions, detectorOptions }: TrackingOptions,
  context: UseCaseContext,
  report: (tracks: readonly Tracked<Detection>[], ptsMs: number) => TrackReport,
): Promise<UseCase> {
  const tracker = createTracker(trackerOptions);
  const labels = wanted && new Set(wanted);
  return await overDetector(
    detector,
    detectorOptions,
    context,
    function trackAndReport(analysis, { ptsMs }) {
      const found = analysis.detections ?? [];
      const tracks = tracker.update(
        labels ? found.filter(({ label }) => labels.has(label)) : found,
        ptsMs,
      );
      const { events, annotations, data } = report(tracks, ptsMs);
      return {
        ...analysis,
        detections: tracks,
        events: [...analysis.events ?? [], ...events],
        annotations: [...analysis.annotations ?? [], ...annotations],
        data: { ...Object(analysis.data), ...data },
      };
    },
  );
}
