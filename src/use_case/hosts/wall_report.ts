/** Says once which walls stand around the processes of plugins. */

import { reportPrefix, type WallReport } from "../wall/order.ts";
import type { GuestLinkEvents } from "./guest_link.ts";

/** What was said already, since it is the same for every plugin that was granted the same. */
const said = new Set<string>();

/** Tells it with the first plugin of which it is true. */
export function tellWall({ on, off }: WallReport, events: GuestLinkEvents): void {
  const walls = ["Deno's permissions", ...on].join(", ");
  const line = `Around its process stand ${walls}` + (off.length > 0 ? `; not: ${off.join()}` : "");
  if (said.has(line)) return;
  said.add(line);
  events.onLine(line, off.length > 0 ? "warning" : "info");
}

/** What launch.ts wrote before there was a plugin; null for any other line. */
export function readWallReport(line: string): WallReport | null {
  if (!line.startsWith(reportPrefix)) return null;
  return JSON.parse(line.slice(reportPrefix.length)) as WallReport;
}
