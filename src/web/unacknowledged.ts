/** What was written to a connection and has not arrived, as Linux tells it. */

import type { Socket } from "node:net";

/** One line for each connection of this system: see proc(5). */
const tables = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * Bytes that the system at the other end has not acknowledged, and those that wait in this process;
 * null = that cannot be known.
 */
export async function unacknowledgedBytes(
  { localPort, remotePort, writableLength }: Pick<
    Socket,
    "localPort" | "remotePort" | "writableLength"
  >,
): Promise<number | null> {
  if (localPort === undefined || remotePort === undefined) return null;
  const line = new RegExp(`:${hex(localPort)} [0-9A-F]+:${hex(remotePort)} 01 ([0-9A-F]{8}):`, "g");
  const found: number[] = [];
  for (const table of tables) {
    const text = await Deno.readTextFile(table).catch(() => "");
    for (const [, queue] of text.matchAll(line)) found.push(parseInt(queue!, 16));
    if (found.length > 0) break;
  }
  // Where two viewers have the same port, the one for which more waits.
  return found.length === 0 ? null : Math.max(...found) + writableLength;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}
