/** What a stream said of its last frames, to find the packet of each again. */

import type { ClipFrame } from "./clip_group.ts";
import type { Analysis, Detection } from "../frame/analysis.ts";
import type { StreamNote } from "./hide_between.ts";

/** A frame of a stream. */
export interface NotedFrame {
  readonly sequence: number;
  /** Counts the runs of the camera, each of which has a clock of its own. */
  readonly run: number;
  /** The source's own time stamp, by which its packet is known. */
  readonly stampMs: number;
  readonly capturedAtMs: number;
  readonly detections: readonly Detection[];
  /** All that was said of it, where it has to be drawn before a picture may be kept; else null. */
  readonly analysis: Analysis | null;
}

/** Remembers frames as long as their packets are kept. */
export class FrameBook {
  #frames: NotedFrame[] = [];

  /** Takes note of a frame, and forgets those that were captured before `sinceMs`. */
  note(frame: NotedFrame, sinceMs: number): void {
    this.#frames.push(frame);
    // In larger bites: moving the rest at every frame would cost more than its memory.
    const gone = this.#frames.findIndex(({ capturedAtMs }) => capturedAtMs >= sinceMs);
    if (gone > 100 || gone > this.#frames.length / 2) this.#frames = this.#frames.slice(gone);
  }

  /** The frame of that number. */
  bySequence(sequence: number): NotedFrame | null {
    return this.#frames.findLast((frame) => frame.sequence === sequence) ?? null;
  }

  /** The frame of a run with that time stamp. */
  byStamp(run: number, stampMs: number): NotedFrame | null {
    return this.#frames.findLast((frame) =>
      frame.run === run && Math.abs(frame.stampMs - stampMs) < 0.5
    ) ?? null;
  }

  /** Boxes on the frames of a run from one time to another, the latter not included. */
  between(run: number, fromMs: number, toMs: number): ClipFrame[] {
    return this.#frames.flatMap(({ detections, ...frame }) => {
      const { stampMs } = frame;
      if (frame.run !== run || stampMs < fromMs - 0.5 || stampMs >= toMs - 0.5) return [];
      return {
        stampMs,
        boxes: detections.map(({ label, confidence, trackId, box }) => ({
          label,
          confidence,
          ...(trackId !== undefined && { track_id: trackId }),
          box,
        })),
      };
    });
  }

  /** What was said of the frames of a run from one time to another, the latter not included. */
  notesBetween(run: number, fromMs: number, toMs: number): Omit<StreamNote, "stream">[] {
    return this.#frames.flatMap(({ stampMs, analysis, ...frame }) =>
      analysis !== null && frame.run === run && stampMs >= fromMs - 0.5 && stampMs < toMs - 0.5
        ? [{ stampMs, analysis }]
        : []
    );
  }

  /** The frame that was captured nearest to a moment. */
  nearest(capturedAtMs: number): NotedFrame | null {
    let nearest: NotedFrame | null = null;
    const distance = (frame: NotedFrame) => Math.abs(frame.capturedAtMs - capturedAtMs);
    for (const frame of this.#frames) {
      if (nearest === null || distance(frame) <= distance(nearest)) nearest = frame;
    }
    return nearest;
  }
}
