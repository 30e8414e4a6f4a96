/** The answer to a WebSocket with a wrong key. */

import { type HttpBindings, upgradeWebSocket } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import { refusedCode } from "../static/live/wire.js";
import type { RawSocket } from "../live/live_socket.ts";

/** A page has so long to close its side. */
const closingMs = 1000;

/**
 * Opens it and closes it at once: a script is told the code of a close, but not the status of a
 * handshake that failed, and could not tell a wrong key from a Sightline that is away.
 */
export const refuseSocket: MiddlewareHandler<{ Bindings: Partial<HttpBindings> }> =
  upgradeWebSocket(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    return {
      onOpen: (_event, { raw }) => {
        const socket = raw as unknown as RawSocket;
        timer = setTimeout(() => socket.terminate(), closingMs);
        socket.close(refusedCode, "The key is refused");
      },
      onClose: () => clearTimeout(timer),
    };
  });
