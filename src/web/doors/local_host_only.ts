/** Against DNS rebinding: a page of the web whose name suddenly means this machine. */

import type { MiddlewareHandler } from "hono";

/** What a browser on this machine calls it; the port may be another, behind a tunnel. */
const local = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)\.?(:\d{1,5})?$/i;

/** Refuses requests that do not name this machine. For servers that only it reaches, without keys. */
export function localHostOnly(): MiddlewareHandler {
  return async function checkHost(context, next) {
    if (local.test(context.req.header("host") ?? "")) return await next();
    return context.text("This host name is not served here\n", 403);
  };
}
