/** Where Sightline lies on its server: at the root, or behind a path that a proxy serves. */

import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";
import type { TrustedProxies } from "./proxies.ts";

/** The path before ours as a browser sees it, with a slash at both ends. */
export type BaseOf = (context: Context<{ Bindings: Partial<HttpBindings> }>) => string;

/** What no route has. */
const nowhere = "/\0";
/** They are asked by what stands beside Sightline, and not through a proxy. */
const always: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);
/** A browser would take a part of dots alone for another folder. */
const prefixPattern = /^(\/(?!\.\.?(\/|$))[\w.~-]+){0,8}\/?$/;

/** For Hono: the path of a request as routes know it, without `base` before it. */
export function pathBeneath(base: string): (request: Request) => string {
  return function stripBase(request) {
    const path = getPath(request);
    if (base === "/" || always.has(path)) return path;
    if (path === base.slice(0, -1)) return "/";
    return path.startsWith(base) ? path.slice(base.length - 1) : nowhere;
  };
}

/**
 * What a browser has to put before our paths: what was set, and before that what a proxy has taken off,
 * which it says in `X-Forwarded-Prefix`. Only one that is trusted is believed: the word ends up in the page.
 */
export function baseTeller(base: string, proxies: TrustedProxies): BaseOf {
  return function baseOf(context) {
    const prefix = context.req.header("x-forwarded-prefix");
    const peer = context.env?.incoming?.socket.remoteAddress;
    if (prefix === undefined || peer === undefined || !proxies.has(peer)) return base;
    return prefixPattern.test(prefix) ? prefix.replace(/\/$/, "") + base : base;
  };
}
