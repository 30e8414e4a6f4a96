/** The routes that ask for events. */

import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { EventLog } from "../../events/event_log.ts";
import { toQuery } from "../../events/event_query.ts";
import { eventFeed } from "./event_feed.ts";
import { exportEvents, exportTypes } from "./event_export.ts";
import {
  countParams,
  listParams,
  nameParams,
  type Read,
  readParams,
  streamParams,
} from "./event_params.ts";
import { openApi } from "./open_api.ts";

/** The routes, on whatever server. */
export type EventApp = Hono<{ Bindings: Partial<HttpBindings> }>;
/** A request to them. */
export type EventContext = Context<{ Bindings: Partial<HttpBindings> }>;

/** What ends an endless answer to a request. */
export type EndOf = (context: EventContext) => Promise<AbortSignal>;

/** Events in one answer, unless it is said otherwise. */
const pageSize = 100;

/**
 * Adds `/api/events`, `/api/events/stream`, `/api/events/names`, `/api/events/{id}`, `/api/counts`, `/api/openapi.json`.
 * A reader that takes nothing for `patienceMs` is cut off.
 */
export function addEventRoutes(
  app: EventApp,
  log: Pick<EventLog, "ask" | "subscribe">,
  endOf: EndOf,
  patienceMs: number,
): void {
  app.get("/api/events", async (context) => {
    const { params, problems } = readParams(listParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    context.header("cache-control", "no-store");
    const { limit, cursor = null, format } = params;
    if (format === "json") {
      return context.json(await log.ask("find", toQuery(params), limit ?? pageSize, cursor));
    }
    const query = toQuery(params);
    const onStuck = () => context.env?.outgoing?.destroy();
    context.header("content-type", exportTypes[format]);
    context.header("content-disposition", `attachment; filename="events.${format}"`);
    if (context.req.method === "HEAD") return context.body(null);
    return context.body(
      exportEvents(log, { query, format, limit, before: cursor, patienceMs, onStuck }),
    );
  });
  app.get("/api/events/stream", async (context) => {
    const { params, problems } = readParams(streamParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    context.header("content-type", "text/event-stream; charset=utf-8");
    context.header("cache-control", "no-store");
    // Proxies must not collect events.
    context.header("x-accel-buffering", "no");
    if (context.req.method === "HEAD") return context.body(null);
    return context.body(eventFeed({
      log,
      query: toQuery(params),
      lastEventId: context.req.header("last-event-id") ?? params.last_event_id ?? null,
      signal: AbortSignal.any([await endOf(context), context.req.raw.signal]),
      patienceMs,
      onStuck: () => context.env?.outgoing?.destroy(),
    }));
  });
  app.get("/api/events/names", async (context) => {
    const { params, problems } = readParams(nameParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    context.header("cache-control", "no-store");
    return context.json(await log.ask("names", params.from ?? 0));
  });
  app.get("/api/events/:id", async (context) => {
    const event = await log.ask("get", context.req.param("id"));
    context.header("cache-control", "no-store");
    return event === null ? context.json({ problems: [noSuchEvent] }, 404) : context.json(event);
  });
  app.get("/api/counts", async (context) => {
    const { params, problems } = readParams(countParams, context.req.queries());
    if (problems !== null) return refuse(context, problems);
    const { by, bucket } = params;
    const counts = await log.ask("counts", by, bucket, toQuery(params));
    context.header("cache-control", "no-store");
    return context.json({
      counts: counts.map(({ name, fromMs, count }) => ({
        [by]: name,
        from: new Date(fromMs).toISOString(),
        count,
      })),
    });
  });
  app.get("/api/openapi.json", (context) => context.json(openApi()));
}

/** What is said of an id that no event has. */
export const noSuchEvent = { parameter: "id", message: "is the id of no event that is kept" };

/** What is wrong with a request. */
export function refuse(context: EventContext, problems: Read<unknown>["problems"]): Response {
  return context.json({ problems }, 400);
}
