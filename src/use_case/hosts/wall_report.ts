/** Logs once which kernel protections confine the processes of plugins. */

import { reportPrefix, type WallReport } from "../wall/order.ts";
import type { GuestLinkEvents } from "./guest_link.ts";

/** Lines that were logged already: they are the same for every plugin with the same grants. */
const reported = new Set<string>();

/** What launch.ts wrote before there was a plugin; null for any other line. */
export function readWallReport(line: string): WallReport | null {
  if (!line.startsWith(reportPrefix)) return null;
  return JSON.parse(line.slice(reportPrefix.length)) as WallReport;
}

/** Logs it with the first plugin for which it holds. */
export function reportWall({ on, off }: WallReport, events: Pick<GuestLinkEvents, "onLine">): void {
  const walls = ["Deno's permissions", ...on].join(", ");
  if (off.length === 0) return report(`Around its process stand ${walls}`, "info", events);
  const missing = off.join(" and ");
  report(`Around its process stand ${walls}; this kernel refuses ${missing}`, "warning", events);
}

/** The same where the kernel was not asked, and why. */
export function reportUnwalled(reason: string, events: Pick<GuestLinkEvents, "onLine">): void {
  report(`Around its process stand Deno's permissions alone: ${reason}`, "info", events);
}

function report(
  line: string,
  level: "info" | "warning",
  { onLine }: Pick<GuestLinkEvents, "onLine">,
): void {
  if (reported.has(line)) return;
  reported.add(line);
  onLine(line, level);
}
