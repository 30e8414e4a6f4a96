/** Protection against requests that other sites have a browser make. */

import type { HonoRequest, MiddlewareHandler } from "hono";

/** Whether a request comes from our own page, or from no page. */
export function isSameOrigin(request: HonoRequest): boolean {
  const site = request.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = request.header("origin");
  if (origin === undefined) return true;
  // The scheme may have changed on the way, behind a proxy that does TLS; the name may not.
  return URL.canParse(origin) && new URL(origin).host === request.header("host");
}

/** Refuses what a page of another site asks for, whatever cookies the browser has. */
export function refuseForeign(): MiddlewareHandler {
  return async function checkOrigin(context, next) {
    if (isSameOrigin(context.req)) return await next();
    const message = "must be that of this Sightline's own pages";
    return context.json({ problems: [{ parameter: "origin", message }] }, 403);
  };
}
