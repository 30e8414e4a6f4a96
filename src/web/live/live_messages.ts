/** The text messages of a page, held against a schema. */

import { z } from "zod";
import { mostChannels } from "../static/live/wire.js";

const channel = z.number().int().min(0).max(mostChannels - 1);

const schema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("watch"),
    channel,
    stream: z.string().max(128),
    /** Codecs that the page decodes, such as `avc1`; JPEG it always does. */
    codecs: z.array(z.string().max(32)).max(16),
  }),
  z.strictObject({ type: z.literal("stop"), channel }),
  /** Asks for Sightline's clock; it is sent back with the answer. */
  z.strictObject({ type: z.literal("clock"), sentMs: z.number() }),
]);

/** What a page asks for. */
export type PageMessage = z.infer<typeof schema>;
/** That it wants a stream. */
export type WatchMessage = Extract<PageMessage, { type: "watch" }>;

/** @throws {SyntaxError} for anything else */
export function parsePageMessage(text: string): PageMessage {
  const result = schema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SyntaxError(`Cannot read a message: ${issue?.path.join(".")} ${issue?.message}`);
}
