import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";

const mainPath = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Starts `main.ts run` as a user would; `onLine` is given what it prints on standard output. */
export function startSightline(
  flags: readonly string[],
  onLine: (line: string) => void = () => {},
): Child {
  // Warnings only: a log line for every hundred frames belongs to a terminal, not to a measurement.
  const args = ["run", "-A", "--quiet", mainPath, "run", "--log_level", "WARNING", ...flags];
  return new Child(Deno.execPath(), args, onLine);
}
