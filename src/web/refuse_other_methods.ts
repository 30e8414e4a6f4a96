/** 405 for methods that a path does not support. */

import type { Env, Hono } from "hono";

/** Answers 405 where the path is known and the method is not. Call it after adding all routes. */
export function refuseOtherMethods<E extends Env>(app: Hono<E>): void {
  const methods = new Map<string, string[]>();
  for (const { method, path } of app.routes) {
    const known = { GET: ["GET", "HEAD"], POST: ["POST"] }[method] ?? [];
    // A path may have several handlers of one method.
    if (known.length > 0) methods.set(path, [...new Set([...methods.get(path) ?? [], ...known])]);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (context) => {
      context.header("allow", allowed.join(", "));
      return context.text("Method not allowed\n", 405);
    });
  }
}
