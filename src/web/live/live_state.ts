/** What is true of a stream now, each part by itself: camera, model and plugin. */

import { noModelDescription } from "../../inference/no_model.ts";
import type { StreamStatus } from "../../stream/status.ts";
import type { WebStream } from "../web_stream.ts";

/** As a page is told, once a second and when it changes. */
export interface LiveState {
  readonly camera: "connecting" | "live" | "frozen" | "away" | "ended" | "failed";
  /** `slow`: it answers, and too late for many frames; `none`: there is none. */
  readonly model: "ok" | "slow" | "away" | "none";
  readonly plugin: "ok" | "failing";
  /** One sentence when there is something to say. */
  readonly detail: string | null;
  /** Results a second, and their age in milliseconds at the median; null where there are none. */
  readonly fps: number | null;
  readonly age_ms: number | null;
}

/** A camera that sends seldom is not frozen sooner, whatever its rate. */
const frozenMs = 2000;
/** Intervals between its own pictures after which a camera is frozen. */
const frozenIntervals = 2;
/** A camera that has not answered a viewer for so long is away, though no attempt has failed yet. */
const unansweredMs = 10_000;
/** Over so long it is judged whether a model keeps up. */
const judgedMs = 5000;
/** It is slow when more than this share of the frames came too late. */
const lateShare = 0.1;

const cameras: Readonly<Record<StreamStatus["state"], LiveState["camera"]>> = {
  connecting: "connecting",
  live: "live",
  stalled: "away",
  reconnecting: "away",
  model_unavailable: "live",
  ended: "ended",
  failed: "failed",
};

/** Whether a camera that is connected sends no pictures; before the first one that is not known. */
function isFrozen({ view: { feed } }: WebStream, nowMs = performance.now()): boolean {
  const quietMs = feed.quietMs(nowMs);
  return quietMs !== null && quietMs > Math.max(frozenMs, frozenIntervals * (feed.intervalMs ?? 0));
}

/** A stream's status for pages, with whether its camera is connected and sends nothing. */
export function statusOf(stream: WebStream): StreamStatus & { readonly frozen: boolean } {
  const status = stream.status();
  return { ...status, frozen: status.state === "live" && isFrozen(stream) };
}

interface Counts {
  readonly atMs: number;
  readonly received: number;
  readonly processed: number;
  readonly late: number;
  readonly failures: number;
}

/** Follows one stream. Times are milliseconds of a monotonic clock. */
export class LiveStateWatch {
  readonly #stream: WebStream;
  #counts: Counts[] = [];
  #connectingSinceMs: number | null = null;

  constructor(stream: WebStream) {
    this.#stream = stream;
  }

  /** The state now; to be asked again and again, as it judges what happened since. */
  read(nowMs: number): LiveState {
    const status = this.#stream.status();
    const { received, processed, dropped } = status.frames;
    const late = dropped.too_old + dropped.queue_full;
    const { failures, error } = this.#stream.plugin();
    const now = { atMs: nowMs, received, processed, late, failures };
    this.#counts = [...this.#counts.filter(({ atMs }) => nowMs - atMs < judgedMs), now];
    const before = this.#counts[0]!;
    const frames = received - before.received;
    const answers = processed - before.processed;
    let camera = this.#cameraOf(status, nowMs);
    // Without a packet in this run the stream's own state is all that is known.
    if (camera === "live" && isFrozen(this.#stream, nowMs)) camera = "frozen";
    const isLate = frames > 0 && (late - before.late) / frames > lateShare;
    const hasResults = camera === "live" && answers > 0;
    return {
      camera,
      model: modelOf(status, answers, isLate),
      // While it is being loaded the camera is not asked yet.
      plugin: failures > before.failures || error !== null && camera !== "connecting"
        ? "failing"
        : "ok",
      detail: status.detail,
      fps: hasResults ? status.fps : null,
      age_ms: hasResults ? status.age_ms.p50 : null,
    };
  }

  /** One that never answered is away once an attempt has failed, or has taken too long. */
  #cameraOf({ state, reconnects }: StreamStatus, nowMs: number): LiveState["camera"] {
    if (state !== "connecting") {
      this.#connectingSinceMs = null;
      return cameras[state];
    }
    this.#connectingSinceMs ??= nowMs;
    const isVain = reconnects > 0 || nowMs - this.#connectingSinceMs > unansweredMs;
    return isVain ? "away" : "connecting";
  }
}

/** `answers` of the model in the last seconds; `isLate`: many frames came too late. */
function modelOf(
  { state, model }: StreamStatus,
  answers: number,
  isLate: boolean,
): LiveState["model"] {
  if (model === noModelDescription) return "none";
  if (state === "model_unavailable") return answers === 0 ? "away" : "slow";
  return isLate ? "slow" : "ok";
}
