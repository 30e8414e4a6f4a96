import type { SoakReport } from "./soak.ts";

/** Megabytes a minute. */
const mostGrowth = 1;

/** Files and processes that may be under way in one look and not in the other. */
const slack = 4;

/** The promises that a soak saw broken, one sentence each; memory only when it was fitted. */
export function brokenPromises(report: SoakReport, { fitMemory = true } = {}): string[] {
  const { unbalanced, stuck, memoryMbPerMinute, census, orphans, exitCode } = report;
  const { first, last } = census;
  return [
    ...(unbalanced.length > 0 ? [`the books of ${unbalanced.join(", ")} do not balance`] : []),
    ...(stuck.length > 0 ? [`${stuck.join(", ")} did not come back`] : []),
    ...(fitMemory && memoryMbPerMinute > mostGrowth
      ? [`memory grows by ${memoryMbPerMinute.toFixed(2)} MB a minute`]
      : []),
    ...(last.files > first.files + slack ? [`open files: ${first.files} → ${last.files}`] : []),
    ...(last.processes > first.processes + slack
      ? [`processes: ${first.processes} → ${last.processes}`]
      : []),
    ...(orphans > 0 ? [`${orphans} processes outlived it`] : []),
    ...(exitCode !== 0 ? [`it ended with code ${exitCode}`] : []),
  ];
}
