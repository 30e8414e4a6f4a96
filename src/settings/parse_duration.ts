/** `10`, `1.5s`, `500ms`, `2m`, `1h`: a length of time. */

import { SettingError } from "./setting.ts";

/** What is allowed, in words. */
export const durationAllowed =
  "a time above 0 and up to 30 days: seconds (10, 1.5), or a number with ms, s, m or h (2m)";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const maxMs = 30 * 24 * 3_600_000;

/** Whole milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number {
  const [, amount, unit = "s"] = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? [];
  const ms = Math.round(Number(amount) * (unitMs[unit] ?? NaN));
  if (!(ms > 0 && ms <= maxMs)) throw new SettingError();
  return ms;
}
