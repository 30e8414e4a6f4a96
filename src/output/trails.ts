/** The way that followed things have come, as annotations for pictures that go out. */

import type { Analysis, Annotation } from "../frame/analysis.ts";
import { hexOfLabel } from "../view/color.ts";

/** How long a trail is, in milliseconds of the stream's own clock. */
const trailMs = 3000;
/** One that was not seen for so long has no trail any more. */
const goneMs = 500;

interface Trail {
  readonly color: string;
  readonly points: { readonly atMs: number; readonly at: readonly [x: number, y: number] }[];
}

/** Of one stream, whose results come in the order of their pictures. */
export class Trails {
  readonly #trails = new Map<number, Trail>();

  /** The same result, with the trails of what is in it or was a moment ago. */
  addTo(analysis: Analysis, ptsMs: number): Analysis {
    for (const { trackId, label, box: { x, y, width, height } } of analysis.detections ?? []) {
      if (trackId === undefined) continue;
      const trail = this.#trails.get(trackId) ?? { color: hexOfLabel(label), points: [] };
      this.#trails.set(trackId, trail);
      // Where it stands.
      trail.points.push({ atMs: ptsMs, at: [x + width / 2, y + height] });
    }
    const shown: Annotation[] = [];
    for (const [id, { color, points }] of this.#trails) {
      const lastMs = points.at(-1)!.atMs;
      // One that lies ahead is of a clock that has begun anew.
      if (ptsMs - lastMs > goneMs || lastMs > ptsMs) this.#trails.delete(id);
      else {
        while (ptsMs - points[0]!.atMs > trailMs || points[0]!.atMs > ptsMs) points.shift();
        shown.push({ kind: "polyline", points: points.map(({ at }) => at), color });
      }
    }
    if (shown.length === 0) return analysis;
    return { ...analysis, annotations: [...shown, ...analysis.annotations ?? []] };
  }
}
