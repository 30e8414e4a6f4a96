/** The state of a stream, with log lines when it changes and while an outage lasts. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../frame/model.ts";
import { InferenceError } from "../inference/inference.ts";
import type { Redact } from "../log/format.ts";
import { OngoingError } from "../log/ongoing_error.ts";
import type { Happening } from "../events/stream_events.ts";
import { SourceError } from "../source/source.ts";
import { describeFailure } from "./describe_failure.ts";
import { Journal } from "./journal.ts";
import type { StreamState } from "./status.ts";

/** Told when camera or model goes or comes, with the reason in words. */
export type OnHappening = (
  type: Happening,
  reason?: string,
  data?: Readonly<Record<string, unknown>>,
) => void;

/** Settings of a {@link Health}. */
export interface HealthOptions {
  readonly onHappening?: OnHappening;
  /** Takes secrets out of what cameras, servers and plugins say. @default {nothing is taken out} */
  readonly mask?: Redact;
  /** A monotonic clock in milliseconds. @default {performance.now} */
  readonly now?: () => number;
}

/** A model answers again once none of its requests failed for so long: a server that drains does both. */
const steadyMs = 1_000;

/** A camera is back for good once it was for so long; one that comes and goes is reported as one outage. */
const steadyCameraMs = 10_000;

/** What is known of a model that fails. */
interface ModelOutage {
  /** All reasons so far, each of which was told. */
  readonly reasons: Set<string>;
  readonly ongoing: OngoingError;
  words: string;
  failedAtMs: number;
}

/** Follows the source and the model of one stream. */
export class Health {
  /** What happened last, in words. */
  readonly journal: Journal;
  readonly #reader: Logger;
  readonly #model: Logger;
  readonly #source: string;
  #sourceState: StreamState = "connecting";
  #sourceDetail: string | null = null;
  readonly #now: () => number;
  #modelOutage: ModelOutage | null = null;
  readonly #cameraOutage: OngoingError;
  /** What was told of the camera's outage, and whether the last line said that it was away. */
  readonly #toldWords = new Set<string>();
  #toldGone = false;
  #liveSinceMs = 0;
  #wasLive = false;
  #reconnects = 0;
  #modelFailures = 0;
  /** Tells of what happens to the stream. */
  readonly happened: OnHappening;
  readonly #mask: Redact;
  #useCaseError: string | null = null;

  /** `source`: its URL, masked. */
  constructor(logger: Logger, source: string, options: HealthOptions = {}) {
    const { onHappening = () => {}, mask = (text) => text } = options;
    const { now = performance.now.bind(performance) } = options;
    this.journal = new Journal(mask);
    this.happened = onHappening;
    this.#mask = mask;
    this.#reader = logger.getChild("stream_reader");
    this.#model = logger.getChild("inference");
    this.#source = source;
    this.#now = now;
    this.#cameraOutage = new OngoingError(now);
  }

  /** Why the newest version of the use case is not at work, in words; null = it is. */
  get useCaseError(): string | null {
    return this.#useCaseError;
  }

  set useCaseError(words: string | null) {
    this.#useCaseError = words === null ? null : this.#mask(words);
  }

  /** A camera's outage goes before a model's, since no frame reaches the model then. */
  get state(): StreamState {
    const modelMatters = this.#sourceState === "live" || this.#sourceState === "connecting";
    return modelMatters && this.#modelOutage ? "model_unavailable" : this.#sourceState;
  }

  /** One sentence when there is something to say. */
  get detail(): string | null {
    const words = this.state === "model_unavailable"
      ? this.#modelOutage!.words
      : this.#sourceDetail;
    return words ?? this.useCaseError;
  }

  /** How often the source was started again. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** Requests to the model that failed, or were given up for want of an answer. */
  get modelFailures(): number {
    return this.#modelFailures;
  }

  /** A run of the source begins. */
  connecting(): void {
    if (!this.#wasLive && this.#reconnects === 0) {
      this.#reader.info("Connecting to {source}", { source: this.#source });
    }
  }

  /** A frame came. */
  live(): void {
    if (this.#sourceState === "live") return;
    this.#sourceState = "live";
    this.#sourceDetail = null;
    this.#liveSinceMs = this.#now();
    this.journal.add("state", this.#wasLive ? "The camera is back" : "The first picture came");
    this.happened("stream_live");
    if (this.#cameraOutage.span === null) {
      this.#reader.info("{source} is live", { source: this.#source });
    } else if (this.#toldGone) {
      this.#tellBack();
    }
    this.#wasLive = true;
  }

  /** A run of the source failed and another follows. */
  sourceFailed(error: unknown, inRow: number, retryInMs: number): void {
    const words = this.#mask(describeFailure(error));
    const stalled = error instanceof SourceError && error.reason === "stalled";
    if (this.#sourceState === "live") this.#settle();
    // Each vain attempt is the same absence.
    if (this.#sourceState === "live" || this.#reconnects === 0) this.happened("stream_lost", words);
    this.#sourceState = stalled ? "stalled" : this.#wasLive ? "reconnecting" : "connecting";
    this.#reconnects++;
    this.#sourceDetail = words;
    this.journal.add("error", words);
    const line = this.#cameraOutage.occurred();
    // The same words again would only bury the first ones.
    const isNew = !this.#toldWords.has(words);
    this.#toldWords.add(words);
    const { seconds } = this.#cameraOutage.span!;
    const lasts = line === "lasts" ? `for ${Math.round(seconds)} s now, ` : "";
    const isTold = isNew || lasts !== "";
    if (isTold) this.#toldGone = true;
    this.#reader[isTold ? "warn" : "debug"](
      "{words} ({lasts}attempt {inRow}; the next one in {seconds} s)",
      { words, lasts, inRow, seconds: (retryInMs / 1000).toFixed(1) },
    );
  }

  /** The source came to its end. */
  ended(): void {
    this.#sourceState = "ended";
    this.journal.add("state", "The stream has ended");
    this.#sourceDetail = null;
  }

  /** The stream will not go on. */
  failed(error: unknown): void {
    this.#sourceState = "failed";
    this.#sourceDetail = this.#mask(describeFailure(error));
    this.journal.add("error", this.#sourceDetail);
  }

  /** A request was answered. */
  modelAnswered(): void {
    const outage = this.#modelOutage;
    if (outage && this.#now() - outage.failedAtMs >= steadyMs) this.modelFound();
  }

  /** The model is there, and every request before was answered or has failed. */
  modelFound(): void {
    const outage = this.#modelOutage;
    if (!outage) return;
    this.#modelOutage = null;
    this.journal.add("state", "The model answers again");
    this.happened("model_available");
    const { seconds, times } = outage.ongoing.end()!;
    this.#model.info("The model answers again after {seconds} s and {failures} failed requests", {
      seconds: seconds.toFixed(1),
      failures: times,
    });
  }

  /** The server serves another one now: another version, or one that takes or gives something else. */
  modelChanged({ version: before }: ModelMetadata, { version }: ModelMetadata): void {
    const words = version === before
      ? "other inputs or outputs"
      : this.#mask(`version ${version ?? "unknown"} in place of ${before ?? "unknown"}`);
    this.journal.add("state", `The model has changed: ${words}`);
    this.happened("model_changed", words, { version, version_before: before });
    this.#model.info("The model has changed: {words}", { words });
  }

  /** A request failed. */
  modelFailed(error: unknown): void {
    this.#modelFailures++;
    const nowMs = this.#now();
    const words = this.#mask(describeFailure(error));
    if (this.#modelOutage === null) this.happened("model_unavailable", words);
    const outage = this.#modelOutage ??= {
      reasons: new Set(),
      ongoing: new OngoingError(this.#now),
      words,
      failedAtMs: nowMs,
    };
    outage.words = words;
    outage.failedAtMs = nowMs;
    const line = outage.ongoing.occurred();
    const reason = error instanceof InferenceError ? error.reason : (error as Error).name;
    if (outage.reasons.has(reason)) {
      if (line === "lasts") this.#tellModelLasts(outage);
      return;
    }
    outage.reasons.add(reason);
    this.#model.warn("{words}", { words });
    this.journal.add("error", words);
  }

  /** The camera's outage is over once it was there for a while. */
  #settle(): void {
    if (this.#now() - this.#liveSinceMs < steadyCameraMs) return;
    this.#cameraOutage.end();
    this.#toldWords.clear();
  }

  #tellBack(): void {
    const { seconds, times } = this.#cameraOutage.span!;
    this.#toldGone = false;
    this.#reader.info("{source} is {back} after {seconds} s and {times} failed attempts", {
      source: this.#source,
      back: this.#wasLive ? "back" : "live",
      seconds: seconds.toFixed(1),
      times,
    });
  }

  #tellModelLasts({ words, ongoing }: ModelOutage): void {
    const { seconds, times } = ongoing.span!;
    this.#model.warn("{words} (for {seconds} s now, {times} failed requests)", {
      words,
      seconds: Math.round(seconds),
      times,
    });
  }
}
