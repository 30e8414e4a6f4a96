/** Chooses the detections that the secondary model looks at, and the crops for it. */

import type { SecondaryConfig } from "./settings.ts";
import type { Detection, SecondaryAnalysis } from "../frame/analysis.ts";
import type { Region } from "../frame/frame.ts";

/** Objects remembered at most; the least recently seen is forgotten first. */
const mostTracks = 1000;

/** Numbers of the detections to look at: those that are wanted, the largest first. */
export function chooseCrops(
  detections: readonly Detection[],
  config: Pick<SecondaryConfig, "labels" | "maxCrops" | "minConfidence">,
  isKnown: (detection: Detection) => boolean,
): number[] {
  const { labels, maxCrops, minConfidence } = config;
  const size = (index: number) => detections[index]!.box.width * detections[index]!.box.height;
  return detections.flatMap((detection, index) => {
    const { label, confidence, box } = detection;
    const wanted = labels === null || labels.includes(label);
    const visible = box.width > 0 && box.height > 0 && box.x < 1 && box.y < 1 &&
      box.x + box.width > 0 && box.y + box.height > 0;
    return wanted && visible && confidence >= minConfidence && !isKnown(detection) ? [index] : [];
  }).sort((a, b) => size(b) - size(a)).slice(0, maxCrops);
}

/** The box with so much of its size added on each side, within the picture. */
export function padded({ x, y, width, height }: Region, padding: number): Region {
  const left = Math.max(0, x - width * padding);
  const top = Math.max(0, y - height * padding);
  return {
    x: left,
    y: top,
    width: Math.min(1, x + width * (1 + padding)) - left,
    height: Math.min(1, y + height * (1 + padding)) - top,
  };
}

/** What was said of objects that are followed, for as long as it holds. */
export class KnownTracks {
  readonly #refreshMs: number;
  readonly #known = new Map<number, { readonly ptsMs: number; readonly said: SecondaryAnalysis }>();

  constructor(refreshMs: number) {
    this.#refreshMs = refreshMs;
  }

  /** What was said of the object no longer than `refresh_ms` ago. */
  get({ trackId }: Detection, ptsMs: number): SecondaryAnalysis | undefined {
    if (trackId === undefined) return undefined;
    const known = this.#known.get(trackId);
    // Time also runs back, when the camera comes back.
    return known && Math.abs(ptsMs - known.ptsMs) < this.#refreshMs ? known.said : undefined;
  }

  set({ trackId }: Detection, ptsMs: number, said: SecondaryAnalysis): void {
    if (trackId === undefined || this.#refreshMs === 0) return;
    this.#known.delete(trackId);
    this.#known.set(trackId, { ptsMs, said });
    if (this.#known.size <= mostTracks) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      break;
    }
  }
}
