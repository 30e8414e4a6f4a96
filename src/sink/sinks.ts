/** Every kind of sink there is. */

import { type ConfigOf, type Element, kindOf as find } from "../settings/kinds.ts";
import { complete } from "../settings/setting.ts";
import { jsonl } from "./jsonl.ts";
import type { Sink, SinkKind, SinkOptions } from "./sink.ts";
import { stdout } from "./stdout.ts";

/** One line each. */
export const sinks = [
  stdout,
  jsonl,
];

/** Where records go: the settings of one of them. */
export type SinkConfig = ConfigOf<typeof sinks[number]>;

/** The settings, complete, of what a stream's `sink` names; null when that is no sink. */
export function sinkConfig({ kind, values }: Element): SinkConfig | null {
  const found = find(sinks, kind);
  return found && { kind, ...complete(found.settings, values) } as SinkConfig;
}

/**
 * Opens a sink.
 * @throws {Error} when it cannot be opened, naming it
 */
export async function openSink(config: SinkConfig, options: SinkOptions): Promise<Sink> {
  return await kindOf(config).open(config, options);
}

/** What a sink is of. */
export function kindOf({ kind }: SinkConfig): SinkKind {
  return find(sinks as readonly SinkKind[], kind)!;
}
