/** `0.1,0.2,0.5,0.5`: a part of the camera's picture. */

import type { RegionConfig } from "./resolved.ts";
import { SettingError } from "../settings/setting.ts";

/** What is allowed, in words. */
export const REGION_ALLOWED =
  "x,y,width,height in fractions of the picture, within it and not empty (0.1,0.2,0.5,0.5)";

/** Sums of fractions such as 0.7 + 0.3 may be above 1 by this. */
const rounding = 1e-9;

/** Reads four fractions, which must lie within the picture. */
export function parseRegion(text: string): RegionConfig {
  const parts = text.split(",").map((part) => part.trim());
  const [x, y, width, height, ...more] = parts.map((part) =>
    /^(\d+\.?\d*|\.\d+)$/.test(part) ? Number(part) : NaN
  );
  if (x === undefined || y === undefined || width === undefined || height === undefined) {
    throw new SettingError();
  }
  const inside = x + width <= 1 + rounding && y + height <= 1 + rounding;
  if (more.length > 0 || !(width > 0 && height > 0 && inside)) throw new SettingError();
  return { x, y, width, height };
}
