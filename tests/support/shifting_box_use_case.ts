/** Tells the number of a numbered clip's picture by where its box stands; needs no model. */

import type { Analysis, Frame } from "../../src/mod.ts";
import { frameNumber } from "./clips.ts";

/** Places of the box, from left to right: the number's remainder. */
export const places = 16;
/** Its upper edge and its height, as shares of the picture. */
export const [boxTop, boxHeight] = [0.75, 0.2];

/** What it can be told. */
export interface ShiftBoxOptions {
  readonly hides?: boolean;
  /** Of so many pictures it looks at the first half only. */
  readonly keeps?: number;
  /** How long it takes for each. */
  readonly takesMs?: number;
}

/** A box for each picture. */
export default function shiftBox({ hides, keeps, takesMs = 0 }: ShiftBoxOptions = {}) {
  return {
    input: { width: 48, height: 16, channels: "gray" },
    preprocess(frame: Frame) {
      const number = frameNumber(frame.data, frame.width, frame.height, 1);
      if (keeps !== undefined && number % keeps >= keeps / 2) return null;
      return { number: { datatype: "INT32", shape: [1], data: Int32Array.of(number) } };
    },
    async postprocess({ number }: Record<string, { data: unknown }>): Promise<Analysis> {
      if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
      const place = (number!.data as Int32Array)[0]! % places;
      const box = { x: place / places, y: boxTop, width: 1 / places, height: boxHeight };
      return { detections: [{ label: "thing", labelId: 0, confidence: 0.9, box }] };
    },
    // Blackens the upper quarter, as what hides a face.
    ...(hides && {
      visualize({ width, height, data }: { width: number; height: number; data: Uint8Array }) {
        for (let at = 0; at < width * Math.floor(height / 4) * 4; at++) {
          data[at] = at % 4 === 3 ? 255 : 0;
        }
      },
    }),
  };
}
