import { fileURLToPath } from "node:url";
import { type Child, startListening } from "./child.ts";

const script = fileURLToPath(new URL("instant_server.ts", import.meta.url));

/**
 * Starts the model server that answers at once, in a process of its own, and waits until it listens;
 * `onLine` is given what else it prints.
 */
export function startInstantServer(
  flags: readonly string[] = [],
  onLine?: (line: string) => void,
): Promise<{ readonly child: Child; readonly port: number }> {
  return startListening(Deno.execPath(), ["run", "-A", "--quiet", script, ...flags], onLine);
}
