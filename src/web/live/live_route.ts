/** The WebSocket of the live view, `/live`: pictures and results of any number of streams. */

import { type HttpBindings, upgradeWebSocket } from "@hono/node-server";
import type { Hono } from "hono";
import { isSameOrigin } from "../auth/same_origin.ts";
import type { EndOf } from "../events/event_routes.ts";
import { LiveSocket, type LiveSocketOptions, type RawSocket } from "./live_socket.ts";

/** Adds it, behind whatever guards the app. */
export function addLiveRoute(
  app: Hono<{ Bindings: Partial<HttpBindings> }>,
  /** `hasKey`: whether a request has a key of its own, not only what its browser sends along. */
  { endOf, hasKey }: { endOf: EndOf; hasKey: (...asked: Parameters<EndOf>) => boolean },
  options: Omit<LiveSocketOptions, "socket" | "signal">,
): void {
  app.get(
    "/live",
    async (context, next) => {
      // The page that shows it has the same address.
      if (context.req.header("upgrade")?.toLowerCase() !== "websocket") return await next();
      // Browsers let any page open a socket to any server, and send their cookies along.
      if (!isSameOrigin(context.req) && !hasKey(context)) {
        return context.text("Not from another site\n", 403);
      }
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
