/** Authentication of the web server: token or password, and a session cookie after a login. */

import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Credentials } from "./credentials.ts";
import { loginPage } from "./login_page.ts";
import { LoginThrottle } from "./login_throttle.ts";
import { networkOf } from "./network_of.ts";
import { isSameOrigin } from "./same_origin.ts";

/** Settings of {@link Auth}. */
export interface AuthOptions {
  readonly credentials: Credentials;
  /** Whether the server speaks https. */
  readonly secure: boolean;
  /** Part of the cookie's name: cookies know no port, and one machine may run several Sightlines. */
  readonly port: number;
  /** The wall clock, in milliseconds. @default {Date.now} */
  readonly now?: () => number;
}

type Bindings = { Bindings: Partial<HttpBindings> };

/** Public paths: what the login page and an orchestrator need. They reveal nothing of the streams. */
const publicPaths = new Set([
  "/healthz",
  "/readyz",
  "/login",
  "/static/style.css",
  "/static/icon.svg",
]);

const cookieSeconds = 7 * 24 * 3600;
/** A form with two secrets of the greatest length, escaped. */
const mostFormBytes = 16 * 1024;

/** Checks the requests of one server, and serves its login page. */
export class Auth {
  readonly #options: AuthOptions;
  readonly #throttle = new LoginThrottle();
  /** Made anew by each process, so that no cookie outlives it. */
  readonly #signingKey = crypto.getRandomValues(new Uint8Array(32)).toHex();

  constructor(options: AuthOptions) {
    this.#options = options;
  }

  /** Middleware that refuses requests without valid credentials, except to public paths. */
  guard(): MiddlewareHandler<Bindings> {
    return async (context, next) => {
      if (publicPaths.has(context.req.path)) return await next();
      const visitor = await this.#judge(context);
      if (visitor === "throttled") return tooMany(context);
      if (visitor === "known") {
        // Caches must not give one visitor's answer to another.
        context.header("vary", "cookie, authorization");
        return await next();
      }
      const { path } = context.req;
      const isPage = context.req.method === "GET" &&
        (context.req.header("accept") ?? "").includes("text/html");
      if (isPage) return context.redirect(`/login?next=${encodeURIComponent(path)}`, 303);
      context.header("www-authenticate", "Bearer");
      return context.text("Sign in at /login, or send the token\n", 401);
    };
  }

  /**
   * Middleware behind {@link guard} that lets by who sends the token that may write, in a header: a
   * page of another site cannot, whatever cookies the browser has.
   */
  operators(): MiddlewareHandler<Bindings> {
    return async (context, next) => {
      const { credentials } = this.#options;
      if (credentials.mayOperate(context.req.header("authorization"))) return await next();
      const message = credentials.canOperate
        ? "must be Bearer with the token of --visualizer_operate_token_file"
        : "is of no use: no token may write, set --visualizer_operate_token_file";
      return context.json({ problems: [{ parameter: "authorization", message }] }, 403);
    };
  }

  /** Whether the request carries valid credentials, or the cookie of a login. */
  async isKnown(context: Context<Bindings>): Promise<boolean> {
    return await this.#judge(context) === "known";
  }

  /** Adds the login page. */
  addLogin(app: Hono<Bindings>): void {
    app.get("/login", (context) => this.#ask(context, safePath(context.req.query("next")), null));
    const limit = bodyLimit({
      maxSize: mostFormBytes,
      onError: (context) => context.text("Too large\n", 413),
    });
    app.post("/login", limit, (context) => this.#answer(context));
  }

  async #answer(context: Context<Bindings>): Promise<Response> {
    if (!isSameOrigin(context.req)) return context.text("Not from another site\n", 403);
    const type = context.req.header("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      return context.text("Only a form\n", 415);
    }
    const address = addressOf(context);
    if (!this.#throttle.allows(address)) return tooMany(context);
    const form = new URLSearchParams(await context.req.text());
    const field = (name: string) => form.get(name) ?? "";
    const next = safePath(field("next"));
    const { credentials, secure } = this.#options;
    // Other attempts of the same burst may have been counted while the form was read.
    if (!this.#throttle.take(address)) return tooMany(context);
    const attempt = { token: field("token"), user: field("user"), password: field("password") };
    if (!credentials.fit(attempt)) {
      return this.#ask(context, next, "That is not right.");
    }
    this.#throttle.succeeded(address);
    const untilMs = this.#now() + cookieSeconds * 1000;
    await setSignedCookie(context, this.#cookieName, String(untilMs), this.#signingKey, {
      path: "/",
      httpOnly: true,
      sameSite: "Strict",
      secure,
      maxAge: cookieSeconds,
    });
    return context.redirect(next, 303);
  }

  /** Each compared header counts as a failed attempt, on whatever path, until it proves right. */
  async #judge(context: Context<Bindings>): Promise<"known" | "unknown" | "throttled"> {
    const header = context.req.header("authorization");
    const address = addressOf(context);
    if (header !== undefined && !this.#throttle.take(address)) return "throttled";
    const isKnown = this.#options.credentials.fitHeader(header) || await this.#hasCookie(context);
    if (header !== undefined && isKnown) this.#throttle.giveBack(address);
    return isKnown ? "known" : "unknown";
  }

  async #hasCookie(context: Context): Promise<boolean> {
    const untilMs = await getSignedCookie(context, this.#signingKey, this.#cookieName);
    return typeof untilMs === "string" && this.#now() < Number(untilMs);
  }

  #ask(context: Context, next: string, problem: string | null): Response | Promise<Response> {
    context.header("cache-control", "no-store");
    const { kinds } = this.#options.credentials;
    return context.html(loginPage({ kinds, next, problem }), problem === null ? 200 : 401);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  get #cookieName(): string {
    return `sightline_${this.#options.port}`;
  }
}

function tooMany(context: Context): Response {
  context.header("retry-after", "60");
  return context.text("Too many wrong keys; wait a minute\n", 429);
}

function addressOf(context: Context<Bindings>): string {
  return networkOf(context.env?.incoming?.socket.remoteAddress);
}

/** A path of this server, never an address elsewhere. */
function safePath(path: string | undefined): string {
  return path !== undefined && /^\/(?![\/\\])[\w\-./%~]*$/.test(path) ? path : "/";
}
