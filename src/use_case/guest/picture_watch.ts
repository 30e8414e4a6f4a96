/** Finds out when a plugin's boxes cannot be right. */

import type { Analysis } from "../../frame/analysis.ts";
import type { FrameInfo } from "../../frame/frame.ts";
import type { WriteLog } from "./guest_log.ts";

/** Results with boxes that it takes to be sure. */
const enough = 5;

/**
 * A plugin that never looks at `frame.contentRect` takes the frame for the camera's picture, and nothing
 * fails where that is not so. Told once; whoever looks at it is watched no longer.
 */
export class PictureWatch {
  readonly #log: WriteLog;
  #boxes = 0;
  #done = false;

  constructor(log: WriteLog) {
    this.#log = log;
  }

  /** The frame as the plugin is to see it. */
  watch<Info extends FrameInfo>(frame: Info): Info {
    if (this.#done || isWhole(frame)) return frame;
    const { contentRect } = frame;
    return Object.defineProperty({ ...frame }, "contentRect", {
      enumerable: true,
      configurable: true,
      get: () => {
        this.#done = true;
        return contentRect;
      },
    });
  }

  /** What the plugin made of a frame; `frame` is as the host sent it. */
  made(frame: FrameInfo, { detections = [] }: Analysis): void {
    if (this.#done || detections.length === 0 || isWhole(frame)) return;
    if (++this.#boxes < enough) return;
    this.#done = true;
    this.#log(
      "warning",
      "It never looked at frame.contentRect, and the frame is not the camera's picture " +
        "(letterbox or --region): boxes that are fractions of the frame are wrong, " +
        "undoLetterbox(box, frame.contentRect) makes them right",
    );
  }
}

function isWhole({ contentRect: { x, y, width, height } }: FrameInfo): boolean {
  return x === 0 && y === 0 && width === 1 && height === 1;
}
