/** The WebSocket of the live view, `/live`: pictures and results of any number of streams. */

import { type HttpBindings, upgradeWebSocket } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { isSameOrigin } from "../auth/same_origin.ts";
import type { WebStream } from "../web_stream.ts";
import { LiveSocket, type RawSocket } from "./live_socket.ts";

/** What the route serves. */
export interface LiveRouteOptions {
  readonly streams: () => readonly WebStream[];
  /** Ends the socket of that request. */
  readonly endOf: (
    context: Context<{ Bindings: Partial<HttpBindings> }>,
  ) => Promise<AbortSignal>;
  readonly patienceMs: number;
  readonly maxViewAgeMs: number;
}

/** Adds it, behind whatever guards the app. */
export function addLiveRoute(
  app: Hono<{ Bindings: Partial<HttpBindings> }>,
  { endOf, ...options }: LiveRouteOptions,
): void {
  app.get(
    "/live",
    async (context, next) => {
      // The page that shows it has the same address.
      if (context.req.header("upgrade")?.toLowerCase() !== "websocket") return await next();
      // Browsers let any page open a socket to any server, and send their cookies along.
      if (!isSameOrigin(context.req)) return context.text("Not from another site\n", 403);
      return await next();
    },
    upgradeWebSocket(async (context) => {
      const signal = await endOf(context);
      let live: LiveSocket | null = null;
      return {
        onOpen: (_event, { raw }) => {
          const socket = raw as unknown as RawSocket;
          live = new LiveSocket({ socket, signal, ...options });
        },
        onMessage: ({ data }) => {
          if (typeof data === "string" || data instanceof ArrayBuffer) live?.onMessage(data);
        },
        onClose: () => live?.[Symbol.dispose](),
      };
    }),
  );
}
