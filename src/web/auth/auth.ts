/** Authentication of the web server: token or password, and a session cookie after a login. */

import { Buffer } from "node:buffer";
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { BaseOf } from "../base_path.ts";
import type { Credentials, Role } from "./credentials.ts";
import type { TrustedProxies } from "../proxies.ts";
import { loginLanguage, loginPage, type LoginPageOptions } from "./login_page.ts";
import { LoginThrottle } from "./login_throttle.ts";
import { networkOf } from "./network_of.ts";
import { refuseSocket } from "./refuse_socket.ts";
import { isSameOrigin, refuseForeign } from "./same_origin.ts";
import { type Session, Sessions } from "./sessions.ts";

/** Settings of {@link Auth}. */
export interface AuthOptions {
  readonly credentials: Credentials;
  /** Whether the server speaks https. */
  readonly secure: boolean;
  /** Part of the cookie's name: cookies know no port, and one machine may run several Sightlines. */
  readonly port: number;
  /** The path before ours as a browser sees it. @default {() => "/"} */
  readonly baseOf?: BaseOf;
  /** Those who are believed whom they ask for. @default none */
  readonly proxies?: TrustedProxies;
  /** A login is good for so long. @default {a week} */
  readonly sessionMs?: number;
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
/** The code of `<sightline-stream>`, which other sites' pages load; what it shows takes a key. */
const publicFolder = "/static/live/";

const weekMs = 7 * 24 * 3600 * 1000;
/** A form with two secrets of the greatest length, escaped. */
const mostFormBytes = 16 * 1024;

/** Checks the requests of one server, and serves its login page. */
export class Auth {
  readonly #options: AuthOptions;
  readonly #throttle = new LoginThrottle();
  readonly #sessions: Sessions;

  constructor(options: AuthOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.now ?? Date.now);
  }

  /** Middleware that refuses requests without valid credentials, except to public paths. */
  guard(): MiddlewareHandler<Bindings> {
    return async (context, next) => {
      const { path } = context.req;
      if (publicPaths.has(path) || path.startsWith(publicFolder)) return await next();
      const visitor = await this.#judge(context);
      if (visitor === "throttled") return tooMany(context);
      if (visitor !== null) {
        // Caches must not give one visitor's answer to another.
        context.header("vary", "cookie, authorization");
        return await next();
      }
      const isSocket = context.req.header("upgrade")?.toLowerCase() === "websocket";
      if (isSocket && headerOfSocket(context) !== undefined) {
        return await refuseSocket(context, next);
      }
      const isPage = context.req.method === "GET" &&
        (context.req.header("accept") ?? "").includes("text/html");
      if (isPage) {
        const next = encodeURIComponent(context.req.path + new URL(context.req.url).search);
        return context.redirect(`${this.#base(context)}login?next=${next}`, 303);
      }
      context.header("www-authenticate", "Bearer");
      return context.text("Sign in at /login, or send the token\n", 401);
    };
  }

  /**
   * Middleware behind {@link guard} that lets by who may operate: by the token in a header, or by the
   * cookie of a login with it, which a page of another site cannot use for its own ends.
   */
  operators(): MiddlewareHandler<Bindings> {
    return async (context, next) => {
      const { credentials } = this.#options;
      const role = credentials.roleOfHeader(context.req.header("authorization")) ??
        (isSameOrigin(context.req) ? (await this.#sessionOf(context))?.role : null);
      if (role === "operate") return await next();
      const message = credentials.canOperate
        ? "must be Bearer with the token of --visualizer_operate_token_file, or a login with it"
        : "is of no use: no token may write, set --visualizer_operate_token_file";
      return context.json({ problems: [{ parameter: "authorization", message }] }, 403);
    };
  }

  /** What the request may, by a valid key or the cookie of a login; null = nothing. */
  async roleOf(context: Context<Bindings>): Promise<Role | null> {
    const role = await this.#judge(context);
    return role === "throttled" ? null : role;
  }

  /** Whether a WebSocket comes with a key of its own, which only those pages have that it was given. */
  hasSocketKey(context: Context<Bindings>): boolean {
    return this.#options.credentials.roleOfHeader(headerOfSocket(context)) !== null;
  }

  /** Whether it comes with the cookie of a login, which can sign out. */
  async isSignedIn(context: Context<Bindings>): Promise<boolean> {
    return await this.#sessionOf(context) !== null;
  }

  /** Aborted when the visitor's session is over: ends what was to go on without end. */
  async sessionSignal(context: Context<Bindings>): Promise<AbortSignal | null> {
    const session = await this.#sessionOf(context);
    return session && this.#sessions.signalOf(session);
  }

  /** Adds the login page, and what signs out. */
  addLogin(app: Hono<Bindings>): void {
    app.get("/login", (context) => this.#ask(context, safePath(context.req.query("next"))));
    const limit = bodyLimit({
      maxSize: mostFormBytes,
      onError: (context) => context.text("Too large\n", 413),
    });
    app.post("/login", limit, (context) => this.#answer(context));
    app.post("/logout", refuseForeign(), (context) => this.#signOut(context));
  }

  async #signOut(context: Context<Bindings>): Promise<Response> {
    const session = await this.#sessionOf(context);
    if (session !== null) this.#sessions.end(session);
    deleteCookie(context, this.#cookieName, {
      path: this.#base(context),
      secure: this.#isSecure(context),
    });
    return context.body(null, 204);
  }

  async #answer(context: Context<Bindings>): Promise<Response> {
    if (!isSameOrigin(context.req)) return context.text("Not from another site\n", 403);
    const type = context.req.header("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      return context.text("Only a form\n", 415);
    }
    const address = this.#addressOf(context);
    const form = new URLSearchParams(await context.req.text());
    const field = (name: string) => form.get(name) ?? "";
    const next = safePath(field("next"));
    const { credentials, sessionMs = weekMs } = this.#options;
    if (!this.#throttle.take(address)) {
      context.header("retry-after", "60");
      return this.#ask(context, next, "wait");
    }
    const attempt = { token: field("token"), user: field("user"), password: field("password") };
    const role = credentials.roleOf(attempt);
    if (role === null) return this.#ask(context, next, "wrong");
    // Wrong guesses at another key stay counted: one that may only look may not guess without end.
    this.#throttle.giveBack(address);
    const { id, untilMs } = this.#sessions.begin(this.#now() + sessionMs);
    const value = `${untilMs} ${role} ${id}`;
    await setSignedCookie(context, this.#cookieName, value, this.#sessions.signingKey, {
      path: this.#base(context),
      httpOnly: true,
      sameSite: "Strict",
      secure: this.#isSecure(context),
      maxAge: Math.ceil(sessionMs / 1000),
    });
    return context.redirect(this.#base(context) + next.slice(1), 303);
  }

  /** Each compared header counts as a failed attempt, on whatever path, until it proves right. */
  async #judge(context: Context<Bindings>): Promise<Role | null | "throttled"> {
    const key = headerOfSocket(context);
    const header = key ?? context.req.header("authorization");
    const address = this.#addressOf(context);
    if (header !== undefined && !this.#throttle.take(address)) return "throttled";
    // At once, so that of many requests at a time none with a right key counts as an attempt.
    let role = this.#options.credentials.roleOfHeader(header);
    // Beside a key of its own a socket's cookie counts for nothing.
    if (role === null && key === undefined) role = (await this.#sessionOf(context))?.role ?? null;
    if (header !== undefined && role !== null) this.#throttle.giveBack(address);
    return role;
  }

  async #sessionOf(context: Context): Promise<Session & { readonly role: Role } | null> {
    const value = await getSignedCookie(context, this.#sessions.signingKey, this.#cookieName);
    const [, untilMs, role, id] = /^(\d+) (view|operate) ([\da-f-]{36})$/.exec(value || "") ?? [];
    const session = { id: id!, untilMs: Number(untilMs), role: role as Role };
    return id !== undefined && this.#sessions.isOpen(session) ? session : null;
  }

  #ask(
    context: Context<Bindings>,
    next: string,
    problem: LoginPageOptions["problem"] = null,
  ): Response | Promise<Response> {
    context.header("cache-control", "no-store");
    context.header("vary", "accept-language");
    const { kinds } = this.#options.credentials;
    const language = loginLanguage(context.req.header("accept-language"));
    return context.html(
      loginPage({ kinds, next, language, problem, base: this.#base(context) }),
      problem === null ? 200 : problem === "wrong" ? 401 : 429,
    );
  }

  /** By which attempts are counted. */
  #addressOf(context: Context<Bindings>): string {
    const peer = context.env?.incoming?.socket.remoteAddress ?? "";
    const said = context.req.header("x-forwarded-for");
    return networkOf(this.#options.proxies?.clientOf(peer, said) ?? peer);
  }

  /** Whether the browser speaks https, with us or with a proxy that is believed. */
  #isSecure(context: Context<Bindings>): boolean {
    const { secure, proxies } = this.#options;
    const peer = context.env?.incoming?.socket.remoteAddress ?? "";
    return secure ||
      context.req.header("x-forwarded-proto") === "https" && proxies?.has(peer) === true;
  }

  #base(context: Context<Bindings>): string {
    return this.#options.baseOf?.(context) ?? "/";
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  get #cookieName(): string {
    return `sightline_${this.#options.port}`;
  }
}

/**
 * As an `Authorization` header: a browser's WebSocket can send a key in no other way than
 * `Sec-WebSocket-Protocol: sightline, key.BASE64URL`.
 */
function headerOfSocket(context: Context): string | undefined {
  const protocols = context.req.header("sec-websocket-protocol") ?? "";
  const [, coded] = /(?:^|,)\s*key\.([\w-]{1,6000})\s*(?:,|$)/.exec(protocols) ?? [];
  if (coded === undefined) return undefined;
  return `Bearer ${Buffer.from(coded, "base64url").toString()}`;
}

function tooMany(context: Context): Response {
  context.header("retry-after", "60");
  return context.text("Too many wrong keys; wait a minute\n", 429);
}

/** A path of this server, never an address elsewhere. */
function safePath(path: string | undefined): string {
  return path !== undefined && /^\/(?![\/\\])[\w\-./%~?=&+,:]*$/.test(path) ? path : "/";
}
