/** How the camera's pictures are to be shown: rotation and pixel ratio, from ffmpeg's lines. */

import type { Display } from "../../frame/camera_packet.ts";
import type { Turn } from "../../frame/track_matrix.ts";
import type { FfmpegLine } from "./ffmpeg_line.ts";

/** The lines that say so. */
export type DisplayLine = Extract<FfmpegLine, { kind: "codec" | "turn" | "quarter" }>;

/**
 * What stands between the first video stream and the next one is said of the one that is read. Turned
 * over is known of quarter turns only: for these alone ffmpeg says what it does. Of others it has to
 * be found out, see mirror_probe.ts.
 */
export class DisplayNotes {
  readonly #onDisplay: (display: Display) => void;
  /** Video streams so far. */
  #streams = 0;
  #mayBeMirrored = false;
  #display: Display = { turn: 0, flipped: false, pixelRatio: null };

  /** `onDisplay` is called whenever something is known that packets do not tell. */
  constructor(onDisplay: (display: Display) => void) {
    this.#onDisplay = onDisplay;
  }

  /** Takes a line. */
  onLine(line: DisplayLine): void {
    if (line.kind === "codec") {
      this.#streams++;
      if (this.#streams === 1 && line.pixelRatio !== null) {
        this.#change({ pixelRatio: line.pixelRatio });
      }
    } else if (line.kind === "turn") {
      const turn = Math.round((line.degrees % 360 + 360) % 360) % 360;
      if (this.#streams !== 1) return;
      this.#mayBeMirrored = turn % 180 === 0;
      this.#change({ turn });
    } else if (this.#display.turn % 180 === 90) {
      // A stream that turns itself says so in its packets too.
      this.#change({ flipped: line.flipped });
    }
  }

  /** Of the stream that is read it is known that it is turned by half or not at all, and not how. */
  get mayBeMirrored(): boolean {
    return this.#mayBeMirrored;
  }

  /** Takes what was found out. */
  correct(turn: Turn): void {
    this.#mayBeMirrored = false;
    this.#change(turn);
  }

  #change(change: Partial<Display>): void {
    const display = { ...this.#display, ...change };
    if (isSame(display, this.#display)) return;
    this.#display = display;
    this.#onDisplay(display);
  }
}

function isSame(a: Display, b: Display): boolean {
  return a.turn === b.turn && a.flipped === b.flipped && a.pixelRatio === b.pixelRatio;
}
