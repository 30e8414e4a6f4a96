/** A stream as the web server sees it. */

import type { JournalEntry } from "../stream/journal.ts";
import type { StreamStatus } from "../stream/status.ts";
import type { SceneConfig } from "../objects/settings.ts";
import type { StreamView } from "../view/stream_view.ts";
import type { Caption } from "../view/view_options.ts";

/** The state of a stream's use case. */
export interface PluginStatus {
  /** Frames on which it failed. */
  readonly failures: number;
  /** How often it was started again. */
  readonly restarts: number;
  /** Why its newest version is not at work, in words; null = it is. */
  readonly error: string | null;
}

/** What the web server needs of a stream. */
export interface WebStream {
  readonly name: string;
  status(): StreamStatus;
  /** What happened last, oldest first. */
  journal(): readonly JournalEntry[];
  /** The state of the use case. */
  plugin(): PluginStatus;
  readonly view: StreamView;
  /** A picture waits so long for its result at most. */
  readonly maxFrameAgeMs: number;
  /** Zones, lines and masks. @default {null} nothing is followed */
  readonly scene?: SceneConfig | null;
}

/** What each state means, for a viewer who sees no picture. */
const titles: Readonly<Record<StreamStatus["state"], string>> = {
  connecting: "Connecting to the camera",
  live: "Waiting for a picture",
  stalled: "The camera sends no pictures",
  reconnecting: "Reconnecting to the camera",
  model_unavailable: "The model does not answer",
  ended: "The stream has ended",
  failed: "The stream has failed",
};

/** What to show while a stream has no picture. */
export function captionOf(stream: WebStream): Caption {
  const { state, detail } = stream.status();
  return { title: titles[state], sentence: detail ?? stream.name };
}
