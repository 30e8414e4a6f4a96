/** Events that others tell of a stream: a door contact, a PLC, a person at a button. */

import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { v7 } from "uuid";
import { z } from "zod";
import type { EventDraft, SightlineEvent } from "../../events/event.ts";
import type { EventLog } from "../../events/event_log.ts";
import { isReserved } from "../../events/stream_events.ts";
import type { ParamProblem } from "./event_params.ts";

type Bindings = { Bindings: Partial<HttpBindings> };

/** Bytes of a body: an event is no place for files. */
const mostBytes = 16 * 1024;
/** Events a second from all senders together: a contact that bounces must not fill the disk. */
const mostPerSecond = 50;
/** Levels of what is in it, as of what a use case says: to write or clone it takes stack for each. */
const mostLevels = 32;
/** How long an answer waits until the event is written down. */
const patienceMs = 5000;
const dayMs = 86_400_000;
const minuteMs = 60_000;

const name = z.string({ error: "must be 1 to 256 characters" })
  .min(1, "must be 1 to 256 characters").max(256, "must be 1 to 256 characters");
const typeError = "must be 1 to 64 small letters, digits and underscores, such as door_opened";
const seconds = z.number({ error: "must be seconds from 0 to 600" })
  .min(0, "must be seconds from 0 to 600").max(600, "must be seconds from 0 to 600").default(5);
const shareError = "must be a number from 0 to 1";
const flagError = "must be true or false";

const clip = z.strictObject({ before_s: seconds, after_s: seconds });
const clipKeys = Object.keys(clip.shape);

/** Of what is posted. */
export const postedEvent = z.strictObject({
  type: z.string({ error: typeError }).regex(/^[a-z][a-z0-9_]{0,63}$/, typeError)
    .refine((type) => !isReserved(type), "is told by Sightline alone, must be another type")
    .describe("what happened, such as door_opened"),
  at: z.iso.datetime({
    offset: true,
    error: "must be a time such as 2026-11-29T10:00:00Z, of the last day",
  }).optional().describe("when it happened, within the last day; left out: now"),
  label: name.optional().describe("what it is found by as label"),
  zone: name.optional().describe("name of a zone"),
  line: name.optional().describe("name of a line"),
  confidence: z.number({ error: shareError }).min(0, shareError).max(1, shareError).optional(),
  snapshot: z.boolean({ error: flagError }).optional().describe("true: with a picture"),
  clip: z.union([z.boolean(), clip], {
    error: "must be true, or before_s and after_s, seconds from 0 to 600 each",
  }).optional().describe("true, or how many seconds before and after it a clip shows"),
  data: z.record(z.string(), z.unknown(), { error: "must be an object" })
    .refine((data) => !isDeeper(data, mostLevels), `must be nested ${mostLevels} levels at most`)
    .optional()
    .describe("anything else"),
});

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

/**
 * Adds `POST /api/streams/{name}/events`. `authorize` lets only those by who may write; null = none
 * may.
 */
export function addPostEventRoute(
  app: Hono<Bindings>,
  log: Pick<EventLog, "append" | "subscribe">,
  hasStream: (name: string) => boolean,
  authorize: MiddlewareHandler<Bindings> | null,
): void {
  let secondBeganAtMs = -Infinity;
  let posted = 0;
  const limit = bodyLimit({
    maxSize: mostBytes,
    onError: (context) => refuse(context, 413, "body", `is above ${mostBytes} bytes`),
  });
  app.post("/api/streams/:name/events", authorize ?? forbidden, limit, async (context) => {
    const stream = context.req.param("name");
    if (!hasStream(stream)) return refuse(context, 404, "name", "is the name of no stream");
    if (!/^application\/json\b/i.test(context.req.header("content-type") ?? "")) {
      return refuse(context, 415, "content-type", "must be application/json");
    }
    if (performance.now() - secondBeganAtMs >= 1000) {
      secondBeganAtMs = performance.now();
      posted = 0;
    }
    if (++posted > mostPerSecond) {
      context.header("retry-after", "1");
      return refuse(context, 429, "body", `is one of more than ${mostPerSecond} within a second`);
    }
    const read = readEvent(await context.req.text(), Date.now());
    if ("problems" in read) return context.json(read, 400);
    const id = v7();
    const event = await written(log, { id, stream, use_case: null, sequence: null, ...read.event });
    context.header("cache-control", "no-store");
    if (event === "lost") {
      return refuse(context, 503, "body", "cannot be kept: too many events wait for the disk");
    }
    // It waits for the disk, and must not be sent again.
    return event === "waits" ? context.json({ id }, 202) : context.json(event, 201);
  });
}

/** The event once it is written down, within our patience. */
async function written(
  log: Pick<EventLog, "append" | "subscribe">,
  draft: EventDraft & { readonly id: string },
): Promise<SightlineEvent | "lost" | "waits"> {
  const { promise, resolve } = Promise.withResolvers<SightlineEvent | "waits">();
  using _subscription = log.subscribe((events) => {
    const own = events.find(({ event }) => event.id === draft.id);
    if (own !== undefined) resolve(own.event);
  });
  if (!log.append(draft)) return "lost";
  const timer = setTimeout(resolve, patienceMs, "waits");
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

type Posted = Omit<EventDraft, "id" | "stream" | "use_case" | "sequence">;

function readEvent(
  text: string,
  nowMs: number,
): { readonly event: Posted } | { readonly problems: readonly ParamProblem[] } {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return { problems: [{ parameter: "body", message: "must be JSON" }] };
  }
  const { success, data: event, error } = postedEvent.safeParse(given);
  if (!success) return { problems: error.issues.flatMap(problemsOf) };
  const { type, at, label, confidence, zone, line, snapshot, clip, data } = event;
  const atMs = at === undefined ? nowMs : Date.parse(at);
  // A clock that comes from outside is not believed farther than a clip reaches.
  if (atMs < nowMs - dayMs || atMs > nowMs + minuteMs) {
    const ours = new Date(nowMs).toISOString();
    return {
      problems: [{ parameter: "at", message: `must be of the last day, it is ${ours} here` }],
    };
  }
  const all = {
    ...data,
    ...(label !== undefined && { label }),
    ...(confidence !== undefined && { confidence }),
  };
  return {
    event: {
      type,
      at: new Date(atMs).toISOString(),
      ...(zone !== undefined && { zone }),
      ...(line !== undefined && { line }),
      ...(snapshot && { snapshot: true as const }),
      ...(clip && { clip: clip === true ? { before_s: 5, after_s: 5 } : clip }),
      ...(Object.keys(all).length > 0 && { data: all }),
    },
  };
}

function problemsOf(issue: z.core.$ZodIssue): ParamProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = issue.path.length === 0 ? Object.keys(postedEvent.shape) : clipKeys;
    const message = `is unknown, known are ${known.join(", ")}`;
    return issue.keys.map((key) => ({ parameter: [...issue.path, key].join("."), message }));
  }
  if (issue.path.length === 0) return [{ parameter: "body", message: "must be an object" }];
  return [{ parameter: issue.path.join("."), message: issue.message }];
}

/** No key with that right was set up. */
function forbidden(context: Context<Bindings>): Response {
  return refuse(context, 403, "authorization", "is of no use: set --visualizer_operate_token_file");
}

function refuse(
  context: Context<Bindings>,
  status: 403 | 404 | 413 | 415 | 429 | 503,
  parameter: string,
  message: string,
): Response {
  return context.json({ problems: [{ parameter, message }] }, status);
}
