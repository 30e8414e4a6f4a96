/** KServe v2 over REST, on `Deno.serve`. */

import type { Logger } from "@logtape/logtape";
import { restApp } from "./rest_app.ts";
import type { Servable } from "./servable.ts";

/** Where the REST protocol is served. */
export interface RestServer {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves REST; @throws {Error} when the port is taken. */
export function serveRest(
  servable: Servable,
  { hostname, port }: { hostname: string; port: number },
  logger: Logger,
): RestServer {
  const stop = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    const { fetch } = restApp(servable, logger);
    const options = { hostname, port, signal: stop.signal, onListen: () => {} };
    server = Deno.serve(options, (request) => fetch(request));
  } catch (cause) {
    const taken = cause instanceof Deno.errors.AddrInUse;
    const reason = taken
      ? "the port is taken, --rest_port names another"
      : (cause as Error).message;
    throw new Error(`Cannot serve REST on ${hostname}:${port}: ${reason}`, { cause });
  }
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}
