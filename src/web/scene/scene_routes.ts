/** The routes of zones: what is configured, and what other zones would have counted. */

import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { EventLog } from "../../events/event_log.ts";
import { type EventPlace, fromCursor } from "../../events/event_query.ts";
import { type SceneCounts, SceneReplay } from "../../objects/replay_scene.ts";
import { objectDefaults, type SceneConfig, sceneSettings } from "../../objects/settings.ts";
import { refuseForeign } from "../auth/same_origin.ts";
import type { WebStream } from "../web_stream.ts";
import { readScene } from "./read_scene.ts";

type Bindings = { Bindings: Partial<HttpBindings> };

const mostBytes = 64 * 1024;
const hourMs = 3_600_000;
const pageSize = 200;
/** Newest objects that are counted. */
const mostObjects = 2000;
/** Counting shares its thread with every frame: it takes so long at once. */
const sliceMs = 4;
/** One count at a time, and so many that wait for it. */
const mostWaiting = 4;

/**
 * Adds `/api/streams/{name}/scene` and `POST /api/streams/{name}/scene/check`. `log`: null where
 * nothing is known of events, so that nothing can be counted.
 */
export function addSceneRoutes(
  app: Hono<Bindings>,
  find: (name: string) => WebStream | undefined,
  log: Pick<EventLog, "ask"> | null,
): void {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  app.get("/api/streams/:name/scene", (context) => {
    const stream = find(context.req.param("name"));
    if (stream === undefined) return context.notFound();
    context.header("cache-control", "no-store");
    return context.json(drawable(stream.scene ?? null));
  });
  const limit = bodyLimit({
    maxSize: mostBytes,
    onError: (context) => refuse(context, 413, "body", `is above ${mostBytes} bytes`),
  });
  app.post("/api/streams/:name/scene/check", refuseForeign(), limit, async (context) => {
    const name = context.req.param("name");
    context.header("cache-control", "no-store");
    if (find(name) === undefined) return refuse(context, 404, "name", "is the name of no stream");
    if (!/^application\/json\b/i.test(context.req.header("content-type") ?? "")) {
      return refuse(context, 415, "content-type", "must be application/json");
    }
    const yaml = await context.req.json().then((body) => body?.yaml, () => undefined);
    if (typeof yaml !== "string") return refuse(context, 400, "yaml", "must be a text");
    const { scene, problems } = readScene(yaml);
    if (problems !== null) return context.json({ problems, scene: null, counts: null });
    if (waiting >= mostWaiting) {
      context.header("retry-after", "5");
      return refuse(context, 429, "yaml", `is one of more than ${mostWaiting} that are counted`);
    }
    waiting++;
    const counting = last.then(() =>
      log === null ? null : count(log, name, scene, Date.now() - hourMs)
    );
    last = counting.catch(() => {});
    try {
      return context.json({ problems: [], scene: drawable(scene), counts: await counting });
    } finally {
      waiting--;
    }
  });
}

/** As one would write it: what is as without being said is left out. */
function drawable(scene: SceneConfig | null) {
  const { masks, ...objects } = scene?.objects ?? objectDefaults;
  return {
    zones: (scene?.zones ?? []).map((zone) => without(zone, zoneDefaults)),
    lines: (scene?.lines ?? []).map((line) => without(line, zoneDefaults)),
    masks,
    objects: without(objects, objectDefaults),
  };
}

const [zoneDefaults] = sceneSettings.zones.schema.parse([
  { name: "any", polygon: [[0, 0], [0, 1], [1, 1]] },
]);

function without(given: object, defaults: object = {}): Record<string, unknown> {
  const usual: Readonly<Record<string, unknown>> = { ...defaults, name: null };
  return Object.fromEntries(Object.entries(given).filter(([key, value]) => usual[key] !== value));
}

/** Of all objects that went since then. */
async function count(
  log: Pick<EventLog, "ask">,
  stream: string,
  scene: SceneConfig,
  fromMs: number,
): Promise<SceneCounts> {
  const replay = new SceneReplay(scene);
  const query = { stream, type: "object_ended", fromMs };
  let before: EventPlace | null = null;
  let sliceEndsMs = performance.now() + sliceMs;
  do {
    const page: Awaited<ReturnType<typeof ask>> = await ask(before);
    for (const event of page.events) {
      replay.add(event);
      if (performance.now() < sliceEndsMs) continue;
      await new Promise((resolve) => setTimeout(resolve, 1));
      sliceEndsMs = performance.now() + sliceMs;
    }
    before = page.cursor === null ? null : fromCursor(page.cursor);
  } while (before !== null && replay.counts.objects < mostObjects);
  return replay.counts;

  function ask(place: EventPlace | null) {
    return log.ask("find", query, pageSize, place);
  }
}

function refuse(
  context: Context<Bindings>,
  status: 400 | 404 | 413 | 415 | 429,
  parameter: string,
  message: string,
): Response {
  return context.json({ problems: [{ parameter, message }] }, status);
}
