/** Nothing here is changed by a request but who is signed in. */

import type { Env, Hono } from "hono";

/** A known path with another method is 405, not 404. Call it when all routes are there. */
export function refuseOtherMethods<E extends Env>(app: Hono<E>): void {
  const paths = app.routes.filter(({ method }) => method === "GET").map(({ path }) => path);
  for (const path of new Set(paths)) {
    const isPosted = app.routes.some((route) => route.method === "POST" && route.path === path);
    app.all(path, (context) => {
      context.header("allow", isPosted ? "GET, HEAD, POST" : "GET, HEAD");
      return context.text("Method not allowed\n", 405);
    });
  }
}
