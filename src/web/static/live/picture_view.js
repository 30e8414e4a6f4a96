/** What one element of the page shows of a stream: which of its pictures, and what is drawn into it. */

import { drawRecords } from "./draw_records.js";

/** Pixels of a canvas at most: a wall has many. */
const mostPixels = 1920 * 1080;

export class PictureView {
  #canvas = makeCanvas();
  #context = this.#canvas.getContext("2d", { alpha: false });
  #size = { width: 0, height: 0 };
  #shown = null;
  /** Of the newest picture of the player that was shown. */
  #order = 0;
  #onDrawn;
  /** What was drawn is on its way to the page, which has not taken it yet. */
  #isUnderWay = false;
  /** What is shown is to be drawn anew when it has. */
  #isStale = false;
  mode = "exact";
  layers = new Set();

  /**
   * `onDrawn(bitmap, picture, records, isNew)` hands over what was drawn. Nothing more is drawn
   * until {@link taken} is called: what a busy page cannot show would only wait.
   */
  constructor(onDrawn) {
    this.#onDrawn = onDrawn;
  }

  /** Size in pixels of the screen that it is shown at. */
  resize(width, height) {
    this.#size = { width, height };
  }

  /** The picture on the canvas; null before the first. */
  get shown() {
    return this.#shown;
  }

  /** Another player, or one that begins anew, counts its pictures from 1 again. */
  begin() {
    this.#order = 0;
  }

  /** Nothing of the stream that was shown stays. */
  clear() {
    this.#shown = null;
  }

  get isUnderWay() {
    return this.#isUnderWay;
  }

  /** The page has what was drawn; true = what is shown was changed meanwhile. */
  taken() {
    this.#isUnderWay = false;
    return this.#isStale;
  }

  get order() {
    return this.#order;
  }

  /** Of pictures in their order, the one to be shown now; null = that which is shown stays. */
  choose(pictures, book, maxAgeMs, serverNowMs, nowMs) {
    const newer = pictures.filter(({ order }) => order > this.#order);
    const newest = newer.at(-1) ?? null;
    if (newest === null || this.mode === "prompt") return newest;
    const ready = newer.findLast(({ ptsUs }) => {
      const verdict = book.judge(ptsUs, nowMs);
      return verdict === "known" || verdict === "silent";
    });
    if (ready !== undefined) return ready;
    // Results that come too seldom, or too late, must not make the picture older than they may be.
    const shownAtMs = (this.#shown?.capturedAtUs ?? newer[0].capturedAtUs) / 1000;
    return serverNowMs !== null && serverNowMs - shownAtMs > maxAgeMs ? newest : null;
  }

  /** Draws a picture, or the shown one anew. */
  draw(picture, book) {
    this.#isStale = this.#isUnderWay;
    if (this.#isUnderWay) return;
    const isNew = picture !== this.#shown;
    const { width, height, scale } = this.#fit(picture);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    picture.drawTo(this.#context, width, height);
    const records = this.mode === "exact" ? book.of(picture.ptsUs) : book.movedTo(picture.ptsUs);
    drawRecords(this.#context, {
      width,
      height,
      scale,
      records,
      trails: this.layers.has("trails") ? book.trails(picture.ptsUs) : [],
      layers: this.layers,
    });
    this.#shown = picture;
    this.#order = picture.order;
    this.#isUnderWay = true;
    // Old browsers copy where others hand over, and take their time.
    const bitmap = this.#canvas.transferToImageBitmap?.() ?? createImageBitmap(this.#canvas);
    this.#onDrawn(bitmap, picture, records, isNew);
  }

  /** As large as it is shown, and no larger than the picture. */
  #fit({ width, height }) {
    const { width: screenWidth, height: screenHeight } = this.#size;
    const isKnown = screenWidth > 0 && screenHeight > 0;
    const shown = isKnown ? Math.min(screenWidth / width, screenHeight / height) : 1;
    const factor = Math.min(1, shown, Math.sqrt(mostPixels / (width * height)));
    return {
      width: Math.max(1, Math.round(width * factor)),
      height: Math.max(1, Math.round(height * factor)),
      scale: Math.max(0.5, factor / shown),
    };
  }
}

/** Where there is no other, the page's own, which is never shown. */
function makeCanvas() {
  return typeof OffscreenCanvas === "undefined"
    ? document.createElement("canvas")
    : new OffscreenCanvas(1, 1);
}
