/** The background model: the scene without motion. */

/** How pictures are compared. */
export interface BackgroundOptions {
  /** How much a cell must differ, of 255. */
  readonly contrast: number;
  /** Time constant with which the background becomes like the picture, in milliseconds. */
  readonly adaptMs: number;
}

/** A background that adapts: what stops becomes part of it, slowly. */
export class Background {
  readonly #options: BackgroundOptions;
  #cells: Float32Array | null = null;
  #ptsMs = 0;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  /** The next picture is a new scene. */
  forget(): void {
    this.#cells = null;
  }

  /** 1 for each cell that differs from the background, which then becomes a little like it. */
  compare(picture: Uint8Array, ptsMs: number): Uint8Array {
    const moves = new Uint8Array(picture.length);
    const cells = this.#cells;
    if (cells === null || cells.length !== picture.length) {
      this.#cells = Float32Array.from(picture);
      this.#ptsMs = ptsMs;
      return moves;
    }
    const share = 1 - Math.exp(-Math.max(0, ptsMs - this.#ptsMs) / this.#options.adaptMs);
    this.#ptsMs = ptsMs;
    const light = medianChange(cells, picture);
    for (let at = 0; at < cells.length; at++) {
      const change = picture[at]! - cells[at]!;
      if (Math.abs(change - light) >= this.#options.contrast) moves[at] = 1;
      cells[at]! += change * share;
    }
    return moves;
  }
}

/** What most cells have changed by: the light, or the camera's exposure. */
function medianChange(cells: Float32Array, picture: Uint8Array): number {
  const counts = new Uint32Array(511);
  for (let at = 0; at < cells.length; at++) {
    counts[255 + Math.round(picture[at]! - cells[at]!)]!++;
  }
  let left = cells.length / 2;
  const middle = counts.findIndex((count) => (left -= count) <= 0);
  return middle - 255;
}
