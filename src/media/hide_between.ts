/** What is hidden in a picture of a clip, of which a use case may have said nothing itself. */

import type { Analysis } from "../frame/analysis.ts";
import type { DrawStream } from "../use_case/host.ts";
import type { Picture } from "../use_case/use_case.ts";

/** What a stream said of a frame. */
export interface StreamNote {
  readonly stream: string;
  readonly stampMs: number;
  readonly analysis: Analysis;
}

/** What was said so long before or after holds for a picture of which nothing was said. */
export const nearMs = 1000;

/**
 * Hides in a picture what was to be hidden in its frame; of one that was not analysed, what was in the
 * frame before and in the one after it. Where nothing near is known, all of it is black. `streams` are
 * those that hide something.
 */
export function hideBetween(
  streams: readonly string[],
  notes: readonly StreamNote[],
  draw: DrawStream,
): (picture: Picture, stampMs: number) => Promise<void> {
  const byStream = new Map(streams.map((stream) => [
    stream,
    notes.filter((note) => note.stream === stream).sort((a, b) => a.stampMs - b.stampMs),
  ]));
  return async (picture, stampMs) => {
    for (const [stream, told] of byStream) {
      const near = notesAt(told, stampMs);
      try {
        if (near.length === 0) return blacken(picture);
        for (const { analysis } of near) await draw(picture, analysis, stream);
      } catch {
        // The use case died, and with it the knowledge of what to hide.
        return blacken(picture);
      }
    }
  };
}

function notesAt(told: readonly StreamNote[], stampMs: number): readonly StreamNote[] {
  const after = told.findIndex((note) => note.stampMs > stampMs - 0.5);
  const next = told[after];
  if (next && next.stampMs < stampMs + 0.5) return [next];
  const before = after < 0 ? told.at(-1) : told[after - 1];
  return [before, next].filter((note) => note !== undefined)
    .filter((note) => Math.abs(note.stampMs - stampMs) <= nearMs);
}

function blacken({ data }: Picture): void {
  data.fill(0);
}
