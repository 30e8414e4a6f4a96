/** The routes of the web server. */

import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { deliveryStatus } from "../delivery/delivery_status.ts";
import type { OutboxCounts } from "../delivery/outbox.ts";
import type { EventLog } from "../events/event_log.ts";
import type { ModelQueue } from "../inference/sharing/shared_model.ts";
import { currentLog } from "../log/log.ts";
import type { Auth } from "./auth/auth.ts";
import { addEventRoutes, type EndOf } from "./events/event_routes.ts";
import { addMediaRoutes, type EventFiles } from "./events/media_routes.ts";
import { addPostEventRoute } from "./events/post_event.ts";
import { addHealthRoutes } from "./health/health_routes.ts";
import type { StreamHistory } from "./health/stream_history.ts";
import { type BaseOf, pathBeneath } from "./base_path.ts";
import { localHostOnly } from "./auth/local_host_only.ts";
import { addLiveRoute } from "./live/live_route.ts";
import { statusOf } from "./live/live_state.ts";
import { FeedPace } from "./feed_pace.ts";
import { mjpegContentType, mjpegStream } from "./mjpeg.ts";
import { addProbes } from "./probes.ts";
import { refuseOtherMethods } from "./refuse_other_methods.ts";
import { addSceneRoutes } from "./scene/scene_routes.ts";
import { securityHeaders } from "./security_headers.ts";
import type { StaticFile } from "./static_files.ts";
import { TcpTable } from "./tcp_table.ts";
import { captionOf, type WebStream } from "./web_stream.ts";

/** What the routes serve, and to whom. */
export interface WebAppOptions {
  readonly streams: () => readonly WebStream[];
  /** Null: nothing is known of events. @default {null} */
  readonly events?: Pick<EventLog, "append" | "ask" | "subscribe"> | null;
  /** What became of the events of each destination. @default none */
  readonly deliveries?: () => readonly OutboxCounts[];
  /** The queue of each model. @default none */
  readonly models?: () => readonly ModelQueue[];
  /** The last hour of each stream; without one it is not kept. */
  readonly history?: StreamHistory;
  /** The complete configuration, for a support bundle. @default none */
  readonly config?: () => unknown;
  /** Null: events have no pictures. @default {null} */
  readonly media?: EventFiles;
  readonly files: readonly StaticFile[];
  /** The page for the path that lies before ours. @default none */
  readonly page?: (base: string) => string;
  /** The text that Prometheus reads; null = it is not served here. */
  readonly metrics: (() => Promise<string>) | null;
  /** Null: no authentication. */
  readonly auth: Auth | null;
  /** Only requests that name this machine are answered. */
  readonly localOnly: boolean;
  /** The path before ours as a browser sees it. @default {() => "/"} */
  readonly baseOf?: BaseOf;
  /** The part of it that requests still have, with a slash at both ends. @default {"/"} */
  readonly basePath?: string;
  /** Ends every endless answer. */
  readonly signal: AbortSignal;
  /** A viewer that takes nothing for so long is cut off. @default {10000} */
  readonly patienceMs?: number;
  /** An older picture on a page counts as behind. @default {500} */
  readonly maxViewAgeMs?: number;
}

/** Under Deno's own server and in tests there are no bindings. */
type WebContext = Context<{ Bindings: Partial<HttpBindings> }>;

/** The routes, on whatever server. */
export type WebApp = Hono<{ Bindings: Partial<HttpBindings> }>;

/** Where the pages are. What a name in them means is known to the page alone. */
const pagePaths = [
  "/",
  "/live",
  "/live/:name",
  "/streams/:name",
  "/events",
  "/events/:id",
  "/zones",
  "/zones/:name",
  "/health",
] as const;

/** Of this system, whatever servers there are. */
const tcpTable = new TcpTable();

/** A snapshot waits so long for a picture. */
const snapshotMs = 8000;

/** Everything that can be asked for; the rest is 404. */
export function createWebApp(options: WebAppOptions): WebApp {
  const { streams, events = null, files, metrics, auth, localOnly, signal } = options;
  const { patienceMs = 10_000, maxViewAgeMs = 500 } = options;
  const { baseOf = () => "/", basePath = "/" } = options;
  const app: WebApp = new Hono({ getPath: pathBeneath(basePath) });
  const find = (name: string | undefined) =>
    name === undefined ? streams()[0] : streams().find((stream) => stream.name === name);

  app.use(securityHeaders());
  if (localOnly) app.use(localHostOnly());
  if (auth !== null) {
    app.use(auth.guard());
    auth.addLogin(app);
  }
  for (const file of files) app.get(file.path, (context) => sendFile(context, file));
  addSceneRoutes(app, find, events);
  if (options.history !== undefined) {
    addHealthRoutes(app, {
      streams,
      models: options.models ?? (() => []),
      deliveries: options.deliveries ?? (() => []),
      history: options.history,
      bundle: {
        config: options.config ?? (() => null),
        log: () => currentLog()?.recent() ?? [],
        metrics: metrics ?? (() => Promise.resolve("")),
      },
      authorize: auth?.operators() ?? null,
    });
  }
  app.get("/api/session", async (context) => {
    context.header("cache-control", "no-store");
    if (auth === null) return context.json({ role: "view", signed_in: false });
    return context.json({
      role: await auth.roleOf(context),
      signed_in: await auth.isSignedIn(context),
    });
  });
  // What goes on without end ends with Sightline, and with the visitor's session.
  const endOf = async (context: WebContext) => {
    const session = await auth?.sessionSignal(context) ?? null;
    return session === null ? signal : AbortSignal.any([signal, session]);
  };
  const hasKey = (context: WebContext) => auth?.hasSocketKey(context) ?? false;
  addLiveRoute(app, { endOf, hasKey }, { streams, patienceMs, maxViewAgeMs });
  // One page for all; its script reads the address.
  const { page } = options;
  for (const path of page === undefined ? [] : pagePaths) {
    app.get(path, (context) => {
      context.header("cache-control", "no-cache");
      return context.html(page!(baseOf(context)));
    });
  }
  addProbes(
    app,
    () => streams().map((stream) => stream.status()),
    metrics,
    async (context) => auth === null || await auth.roleOf(context) !== null,
  );
  app.get("/api/streams", (context) => {
    context.header("cache-control", "no-store");
    return context.json({ streams: streams().map(statusOf) });
  });
  app.get("/api/streams/:name", (context) => {
    const stream = find(context.req.param("name"));
    if (stream === undefined) return context.notFound();
    context.header("cache-control", "no-store");
    return context.json({ ...statusOf(stream), journal: stream.journal() });
  });
  app.get("/api/deliveries", (context) => {
    context.header("cache-control", "no-store");
    return context.json({ deliveries: (options.deliveries?.() ?? []).map(deliveryStatus) });
  });
  if (events !== null) {
    addEventRoutes(app, events, endOf, patienceMs);
    addMediaRoutes(app, events, options.media ?? null);
    const hasStream = (name: string) => find(name) !== undefined;
    addPostEventRoute(app, events, hasStream, auth?.operators() ?? null);
  }
  app.get(
    "/video_feed",
    (context) => sendVideo(context, find(context.req.query("stream")), endOf, patienceMs),
  );
  app.get(
    "/streams/:name/video_feed",
    (context) => sendVideo(context, find(context.req.param("name")), endOf, patienceMs),
  );
  app.get(
    "/streams/:name/snapshot.jpg",
    (context) => sendSnapshot(context, find(context.req.param("name")), options),
  );

  app.notFound((context) => {
    const isPage = context.req.method === "GET" &&
      (context.req.header("accept") ?? "").includes("text/html");
    if (page === undefined || !isPage) return context.text("Not found\n", 404);
    // It says so, and leads on.
    return context.html(page(baseOf(context)), 404);
  });
  app.onError((_error, context) => context.text("Internal error\n", 500));
  refuseOtherMethods(app);
  return app;
}

function sendFile(context: WebContext, file: StaticFile): Response {
  const { contentType, bytes, gzip, etag } = file;
  context.header("etag", etag);
  // `<sightline-stream>` may stand in any page; what it shows takes a key.
  if (file.path.startsWith("/static/live/")) context.header("access-control-allow-origin", "*");
  context.header("vary", "accept-encoding", { append: true });
  // The files change with the program: browsers always ask, and mostly get "not modified".
  context.header("cache-control", "no-cache");
  if (context.req.header("if-none-match") === etag) return context.body(null, 304);
  context.header("content-type", contentType);
  if (!/\bgzip\b/.test(context.req.header("accept-encoding") ?? "")) return context.body(bytes);
  context.header("content-encoding", "gzip");
  return context.body(gzip);
}

async function sendVideo(
  context: WebContext,
  stream: WebStream | undefined,
  endOf: EndOf,
  patienceMs: number,
): Promise<Response> {
  if (stream === undefined) return context.notFound();
  context.header("content-type", mjpegContentType);
  context.header("cache-control", "no-store");
  // Proxies must not collect pictures.
  context.header("x-accel-buffering", "no");
  if (context.req.method === "HEAD") return context.body(null);
  const end = new AbortController();
  const pictures = stream.view.watch(
    AbortSignal.any([await endOf(context), end.signal, context.req.raw.signal]),
    () => captionOf(stream),
  );
  // Under Deno's own server and in tests there are no bindings.
  const socket = context.env?.incoming?.socket;
  return context.body(mjpegStream(
    pictures,
    new FeedPace(async (sinceMs) =>
      socket ? await tcpTable.unacknowledgedBytes(socket, sinceMs) : null
    ),
    patienceMs,
    () => end.abort(),
    () => context.env?.outgoing?.destroy(),
  ));
}

async function sendSnapshot(
  context: WebContext,
  stream: WebStream | undefined,
  { signal }: WebAppOptions,
): Promise<Response> {
  if (stream === undefined) return context.notFound();
  context.header("cache-control", "no-store");
  context.header("content-type", "image/jpeg");
  if (context.req.method === "HEAD") return context.body(null);
  const end = AbortSignal.any([signal, context.req.raw.signal, AbortSignal.timeout(snapshotMs)]);
  const size = context.req.query("size") === "small" ? "small" : "full";
  for await (const jpeg of stream.view.watch(end, () => captionOf(stream), size)) {
    return context.body(new Uint8Array(jpeg));
  }
  context.header("content-type", "text/plain; charset=utf-8");
  return context.text("No picture\n", 503);
}
