/** The guest's end of the socket for large buffers. */

import { SideChannel } from "../wire/side_channel.ts";

/**
 * Connects to the socket that the host named on the command line, then gives back what it was
 * permitted for that: `kinds` are those that no grant covers. Null without a socket.
 */
export async function connectSideChannel(
  [path, ...kinds]: readonly string[],
): Promise<SideChannel | null> {
  if (path === undefined) return null;
  try {
    return new SideChannel(await Deno.connect({ transport: "unix", path }));
  } catch {
    // The pipes do as well, only slower.
    return null;
  } finally {
    for (const kind of kinds) {
      Deno.permissions.revokeSync(
        kind === "net"
          ? { name: "net", host: `unix:${path}` }
          : { name: kind as "read" | "write", path },
      );
    }
  }
}
