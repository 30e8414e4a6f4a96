/** What a new configuration changes. */

import { isDeepStrictEqual } from "node:util";
import type { ResolvedConfig } from "./resolve_config.ts";
import type { StreamConfig } from "../stream/settings.ts";

/** The steps from one configuration to the next. */
export interface ConfigChange {
  /** Streams that were not there, in the new configuration's order. */
  readonly added: readonly StreamConfig[];
  /** Streams of the same name that are set differently, as they shall be. */
  readonly changed: readonly StreamConfig[];
  /** Names of streams that are gone. */
  readonly removed: readonly string[];
  /** What belongs to the whole process and only takes effect when it is started again. */
  readonly needsRestart: readonly ProcessPart[];
}

type ProcessPart = Exclude<keyof ResolvedConfig, "streams">;

/** Compares what runs with what shall run; streams are told apart by their names. */
export function diffConfig(before: ResolvedConfig, after: ResolvedConfig): ConfigChange {
  const running = new Map(before.streams.map((stream) => [stream.name, stream]));
  const wanted = new Set(after.streams.map(({ name }) => name));
  const { streams: _streams, ...process } = after;
  return {
    added: after.streams.filter(({ name }) => !running.has(name)),
    changed: after.streams.filter((stream) => {
      const now = running.get(stream.name);
      return now !== undefined && !isDeepStrictEqual(now, stream);
    }),
    removed: [...running.keys()].filter((name) => !wanted.has(name)),
    needsRestart: (Object.keys(process) as ProcessPart[]).filter((part) =>
      !isDeepStrictEqual(before[part], after[part])
    ),
  };
}

/** For the log. */
export function describeChange({ added, changed, removed }: ConfigChange): string {
  const parts = [
    ...added.map(({ name }) => `${name} added`),
    ...changed.map(({ name }) => `${name} started again`),
    ...removed.map((name) => `${name} removed`),
  ];
  return parts.length === 0 ? "no stream changes" : parts.join(", ");
}
