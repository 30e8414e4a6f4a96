import { type FrameInfo, wholePicture } from "../../src/frame/frame.ts";

/** A frame of the stream `door` that was just captured. */
export function doorFrame(ptsMs: number): FrameInfo {
  return {
    stream: "door",
    sequence: 0,
    ptsMs,
    capturedAtMs: Date.now(),
    width: 300,
    height: 300,
    pixelFormat: "bgr24",
    contentRect: wholePicture,
  };
}
