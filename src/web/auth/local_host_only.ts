/** Protection against DNS rebinding, where the name of a foreign site resolves to this machine. */

import type { MiddlewareHandler } from "hono";

/** Loopback names, with any port: a tunnel may change it. */
const local = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)\.?(:\d{1,5})?$/i;

/** Refuses requests whose `Host` is not this machine. For loopback servers without credentials. */
export function localHostOnly(): MiddlewareHandler {
  return async function checkHost(context, next) {
    if (local.test(context.req.header("host") ?? "")) return await next();
    return context.text("This host name is not served here\n", 403);
  };
}
