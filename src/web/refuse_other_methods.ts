/** 405 for methods that a path does not support. */

import type { Env, Hono } from "hono";

/** Answers 405 where the path is known and the method is not. Call it after adding all routes. */
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
