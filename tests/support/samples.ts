/** What tests need many of: frames and records, of which a test says only what matters to it. */

import { type Frame, type FrameInfo, wholePicture } from "../../src/frame/frame.ts";
import { type AnalysisRecord, toRecord } from "../../src/sink/record.ts";

/** A frame of the stream `door`, 40 ms after the one before; with pixels where `data` is given. */
export function frameOf<More extends Partial<Frame>>(more?: More): FrameInfo & More {
  const sequence = more?.sequence ?? 0;
  const info: FrameInfo = {
    stream: "door",
    sequence,
    ptsMs: sequence * 40,
    capturedAtMs: 0,
    width: 300,
    height: 300,
    pixelFormat: "bgr24",
    contentRect: wholePicture,
  };
  return { ...info, ...more as More };
}

/** The record of such a frame, in which nothing was found. */
export function recordOf(more: Partial<AnalysisRecord> = {}): AnalysisRecord {
  return { ...toRecord(frameOf(), "detector", {}, 0), ...more };
}
