/** Metric samples of the outputs of a camera. */

import type { MetricSample } from "../../metrics/carried_counters.ts";
import type { CameraOutputs } from "../../output/camera_outputs.ts";

const families = {
  accepted: {
    name: "sightline_output_accepted_pictures_total",
    type: "counter",
    help: "Pictures that came for an output: written and dropped ones together.",
  },
  written: {
    name: "sightline_output_pictures_total",
    type: "counter",
    help: "Pictures that an output was given.",
  },
  dropped: {
    name: "sightline_output_dropped_pictures_total",
    type: "counter",
    help: "Pictures that an output was not given: it was away, or slow; or none might have them.",
  },
  live: {
    name: "sightline_output_live",
    type: "gauge",
    help: "1 while an output is reached.",
  },
} as const;

/** A camera and where its pictures go. */
export interface MeasuredOutputs {
  readonly camera: string;
  readonly outputs: Pick<CameraOutputs, "counts">;
}

/** The books of each output. */
export function* outputSamples({ camera, outputs }: MeasuredOutputs): Generator<MetricSample> {
  for (const { output, isLive, accepted, written, ...dropped } of outputs.counts()) {
    const labels = { camera, output };
    yield { family: families.accepted, labels, value: accepted };
    yield { family: families.written, labels, value: written };
    for (const [reason, value] of Object.entries(dropped)) {
      yield { family: families.dropped, labels: { ...labels, reason }, value };
    }
    yield { family: families.live, labels, value: Number(isLive) };
  }
}
