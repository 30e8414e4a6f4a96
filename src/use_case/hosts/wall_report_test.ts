import assert from "node:assert/strict";
import { readWallReport, reportUnwalled, reportWall } from "./wall_report.ts";

Deno.test("reportWall() says once what stands, and warns of what this kernel refuses", () => {
  const lines: string[] = [];
  const events = { onLine: (line: string, level?: string) => lines.push(`${level}: ${line}`) };
  const all = readWallReport('wall: {"on":["rlimits","Landlock 9"],"off":[]}')!;
  for (let plugin = 0; plugin < 2; plugin++) {
    reportWall(all, events);
    reportWall({ on: ["rlimits"], off: ["Landlock", "seccomp"] }, events);
    reportUnwalled("of darwin Sightline knows no other", events);
  }
  assert.deepEqual(lines, [
    "info: Around its process stand Deno's permissions, rlimits, Landlock 9",
    "warning: Around its process stand Deno's permissions, rlimits; this kernel refuses Landlock and seccomp",
    "info: Around its process stand Deno's permissions alone: of darwin Sightline knows no other",
  ]);
  assert.equal(readWallReport("error: anything else"), null);
});
