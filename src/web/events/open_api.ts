/** What can be asked of events, as OpenAPI says it; made of the schemas that check the requests. */

import { z } from "zod";
import project from "../../../deno.json" with { type: "json" };
import {
  countParams,
  listParams,
  nameParams,
  snapshotParams,
  streamParams,
} from "./event_params.ts";
import { postedEvent } from "./post_event.ts";

/** The document. */
export function openApi(): Record<string, unknown> {
  const problem = {
    description: "A parameter is wrong: its name, and what is allowed",
    content: json({
      type: "object",
      required: ["problems"],
      properties: {
        problems: {
          type: "array",
          items: {
            type: "object",
            required: ["parameter", "message"],
            properties: { parameter: { type: "string" }, message: { type: "string" } },
          },
        },
      },
    }),
  };
  const get = (
    summary: string,
    parameters: readonly unknown[],
    content: Record<string, unknown>,
    others: Record<string, unknown> = {},
  ) => ({
    get: {
      summary,
      parameters,
      responses: { "200": { description: "as asked", content }, "400": problem, ...others },
    },
  });
  const noEvent = { "404": { ...problem, description: "no such event" } };
  const noFile = {
    "404": { ...problem, description: "no such event, or it has none, or none yet" },
    "410": { ...problem, description: "it was promised, but could not be made" },
  };
  const event = { $ref: "#/components/schemas/Event" };
  return {
    openapi: "3.1.0",
    info: { title: "Sightline", version: project.version },
    paths: {
      "/api/events": get("Events, newest first", parametersOf(listParams), {
        ...json({
          type: "object",
          required: ["events", "cursor"],
          properties: {
            events: { type: "array", items: event },
            cursor: {
              type: ["string", "null"],
              description: "for the next page; null on the last",
            },
          },
        }),
        "application/x-ndjson": {},
        "text/csv": {},
      }),
      "/api/events/{id}": get("One event", [idParameter], json(event), noEvent),
      "/api/events/{id}/snapshot.jpg": get(
        "The picture of an event",
        [idParameter, ...parametersOf(snapshotParams)],
        { "image/jpeg": {} },
        { ...noFile, "503": { ...problem, description: "it cannot be drawn just now" } },
      ),
      "/api/events/{id}/clip.mp4": get("The clip of an event, or a part of it", [idParameter], {
        "video/mp4": {},
      }, noFile),
      "/api/events/{id}/boxes.json": get(
        "The boxes on the frames of its clip, on the clip's own clock",
        [idParameter],
        json(clipBoxesSchema),
        noFile,
      ),
      "/api/events/stream": get("Events as they come", parametersOf(streamParams), {
        "text/event-stream": {},
      }),
      "/api/events/names": get(
        "Names that events have, of each kind",
        parametersOf(nameParams),
        json({ type: "object", additionalProperties: { type: "array", items: text } }),
      ),
      "/api/streams/{name}/events": {
        post: {
          summary: "Tells an event of a stream; needs the token that may write",
          security: [{ operate: [] }],
          parameters: [{ name: "name", in: "path", required: true, schema: text }],
          requestBody: {
            required: true,
            content: json(z.toJSONSchema(postedEvent, { io: "input", unrepresentable: "any" })),
          },
          responses: {
            "201": { description: "the event, written down", content: json(event) },
            "202": { description: "its id: it waits for the disk, and need not be sent again" },
            "400": problem,
            "401": { description: "not signed in" },
            "403": { ...problem, description: "the key may not write" },
            "404": { ...problem, description: "no such stream" },
            "413": { ...problem, description: "above 16 KiB" },
            "415": { ...problem, description: "not JSON" },
            "429": { ...problem, description: "too many within a second" },
            "503": { ...problem, description: "it was not taken, for too many wait for the disk" },
          },
        },
      },
      "/api/counts": get(
        "How many events, by name and span of time",
        parametersOf(countParams),
        json({
          type: "object",
          properties: { counts: { type: "array", items: { type: "object" } } },
        }),
      ),
    },
    components: {
      schemas: { Event: eventSchema },
      securitySchemes: { operate: { type: "http", scheme: "bearer" } },
    },
  };
}

const idParameter = {
  name: "id",
  in: "path",
  required: true,
  schema: { type: "string", format: "uuid" },
};
const text = { type: "string" };
const fraction = { type: "number", minimum: 0, maximum: 1 };

/** A box in fractions of the picture. */
const boxSchema = {
  type: "object",
  required: ["x", "y", "width", "height"],
  properties: {
    x: { type: "number" },
    y: { type: "number" },
    width: { type: "number" },
    height: { type: "number" },
  },
};

const clipBoxesSchema = {
  type: "object",
  required: ["frames"],
  properties: {
    frames: {
      type: "array",
      items: {
        type: "object",
        required: ["ms", "boxes"],
        properties: {
          ms: { type: "number", description: "time of the frame in the clip" },
          boxes: {
            type: "array",
            items: {
              type: "object",
              required: ["label", "confidence", "box"],
              properties: {
                label: text,
                confidence: fraction,
                track_id: { type: "integer" },
                box: boxSchema,
              },
            },
          },
        },
      },
    },
  },
};

/** Of an event, as it is kept and sent. */
const eventSchema = {
  type: "object",
  required: ["id", "type", "at", "stream", "use_case", "sequence"],
  properties: {
    id: { type: "string", format: "uuid" },
    type: text,
    at: { type: "string", format: "date-time" },
    stream: text,
    use_case: { type: ["string", "null"] },
    sequence: { type: ["integer", "null"] },
    object: {
      type: "object",
      required: ["id", "label", "confidence", "box"],
      properties: {
        id: { type: "integer" },
        label: text,
        confidence: fraction,
        box: boxSchema,
      },
    },
    zone: text,
    line: text,
    reason: text,
    started_id: { type: "string", format: "uuid" },
    duration_ms: { type: "integer" },
    snapshot: { const: true, description: "a picture is made of it" },
    clip: {
      type: "object",
      description: "a clip is made of it, of so many seconds before and after",
      properties: { before_s: { type: "number" }, after_s: { type: "number" } },
    },
    data: { type: "object" },
  },
};

function json(schema: unknown): Record<string, unknown> {
  return { "application/json": { schema } };
}

function parametersOf(schema: z.ZodObject): unknown[] {
  // What a request may hold, before it is read as a number or a time.
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = property as { readonly description?: string };
    return { name, in: "query", required: required.includes(name), description, schema: rest };
  });
}
