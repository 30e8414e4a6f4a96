/** Advice for `test`: a plugin that never mentions `contentRect` gives boxes of the wrong picture. */

import { type FrameInfo, wholePicture } from "../frame/frame.ts";
import { pluginUrl } from "../use_case/modules/plugin_url.ts";
import { readModules } from "./module_watch.ts";

/** Whether fractions of the frame are not fractions of the camera's picture. */
export function isPart({ contentRect: { x, y, width, height } }: FrameInfo): boolean {
  return x !== wholePicture.x || y !== wholePicture.y ||
    width !== wholePicture.width || height !== wholePicture.height;
}

/**
 * What to tell the author of a plugin that gave boxes for frames that are a part ({@link isPart});
 * null when it mentions `contentRect`, or is not on this machine.
 */
export async function contentRectAdvice(module: string): Promise<string | null> {
  const { protocol, href } = pluginUrl(module);
  if (protocol !== "file:") return null;
  for (const text of (await readModules(href, [])).values()) {
    if (text !== null && /\b(contentRect|undoLetterbox)/.test(text)) return null;
  }
  return "It never mentions frame.contentRect, and the frame is not the camera's picture " +
    "(letterbox or --region): boxes that are fractions of the frame are wrong, " +
    "undoLetterbox(box, frame.contentRect) makes them right";
}
