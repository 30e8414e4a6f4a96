/** Protection against cross-site request forgery (CSRF). */

import type { HonoRequest } from "hono";

/** Whether a request that changes something comes from our own page, or from no page at all. */
export function isSameOrigin(request: HonoRequest): boolean {
  const site = request.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = request.header("origin");
  if (origin === undefined) return true;
  // The scheme may have changed on the way, behind a proxy that does TLS; the name may not.
  return URL.canParse(origin) && new URL(origin).host === request.header("host");
}
