/** Objects that are in a zone by the use case's events, so that each zone_entered gets its zone_left. */

import type { AnalysisEvent } from "../frame/analysis.ts";
import type { FrameInfo } from "../frame/frame.ts";

/** A use case that never tells who left must not fill the memory. */
const mostStays = 10_000;

interface Stay {
  readonly event: AnalysisEvent;
  readonly sinceMs: number;
}

/** Follows `zone_entered` and `zone_left`. */
export class OpenStays {
  readonly #stays = new Map<string, Stay>();
  #last: FrameInfo | null = null;

  /** The frame of the last record; null before there was one. */
  get lastFrame(): FrameInfo | null {
    return this.#last;
  }

  /** A record goes out. */
  note(frame: FrameInfo, events: readonly AnalysisEvent[]): void {
    this.#last = frame;
    for (const event of events) {
      if (event.type === "zone_left") this.#stays.delete(keyOf(event));
      if (event.type !== "zone_entered") continue;
      this.#stays.set(keyOf(event), { event, sinceMs: frame.ptsMs });
      if (this.#stays.size > mostStays) this.#stays.delete(this.#stays.keys().next().value!);
    }
  }

  /** Ends all stays, as of the last record: the events that are due. */
  close(): AnalysisEvent[] {
    const untilMs = this.#last?.ptsMs ?? 0;
    const left = [...this.#stays.values()].map(({ event, sinceMs }) => ({
      ...event,
      type: "zone_left",
      dwell_ms: Math.round(untilMs - sinceMs),
    }));
    this.#stays.clear();
    return left;
  }
}

function keyOf({ zone, track_id }: AnalysisEvent): string {
  return JSON.stringify([zone, track_id]);
}
