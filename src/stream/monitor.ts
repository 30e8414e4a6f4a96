/** All counters of one stream, and the periodic log lines made of them. */

import type { Logger } from "@logtape/logtape";
import type { Analysis } from "../frame/analysis.ts";
import { childName } from "../log/child_name.ts";
import { Distribution } from "../metrics/distribution.ts";
import { noSessionCounts, type SessionCounts } from "../inference/inference.ts";
import { callBounds, Histogram } from "../metrics/histogram.ts";
import { Rate } from "../metrics/rate.ts";
import { describeFailure } from "./describe_failure.ts";
import { countLabels, DetectionLog } from "./detection_log.ts";
import type { DropReport } from "./drop_report.ts";
import type { Health } from "./health.ts";
import { type DropReason, Ledger } from "./ledger.ts";
import type { SecondaryCounts, StreamStatus } from "./status.ts";
import { UseCaseFailures } from "./use_case_failures.ts";

/** Received frames between two of the periodic lines. */
const framesPerLine = 100;

/** What does not change about a stream while it runs. */
export type StreamIdentity = Pick<StreamStatus, "name" | "source" | "use_case" | "model">;

/** Settings of a {@link StreamMonitor}. */
export interface StreamMonitorOptions {
  readonly identity: StreamIdentity;
  readonly logger: Logger;
  readonly health: Health;
  /** What all streams of the process lost. */
  readonly drops: DropReport;
  /** How many watch the live view now. */
  viewers(): number;
  /** Frames that wait for an executor now. */
  queueLength(): number;
  /** What became of what a secondary model was to look at; null while there is none. */
  secondaryCounts(): SecondaryCounts | null;
}

/** The counters of one stream; log, live view, summary and metrics all read these. */
export class StreamMonitor implements Disposable {
  readonly health: Health;
  readonly ledger = new Ledger();
  readonly ages = new Distribution();
  readonly inferences = new Distribution();
  /** Seconds that each call of the use case took. */
  readonly calls = {
    preprocess: new Histogram(callBounds),
    postprocess: new Histogram(callBounds),
  };
  readonly #results = new Rate();
  readonly #options: StreamMonitorOptions;
  readonly #logger: Logger;
  readonly #useCaseFailures: UseCaseFailures;
  readonly #detectionLog: DetectionLog;
  #firstFrameAtMs: number | null = null;
  #lastEventAtMs = 0;
  #latest: Analysis = {};
  #lineAtMs = 0;
  #droppedAtLine = 0;
  #requests = 0;
  #restarts = 0;
  #graph: SessionCounts | null = null;

  constructor(options: StreamMonitorOptions) {
    this.#options = options;
    this.health = options.health;
    this.#logger = options.logger.getChild("stream_analyzer");
    const useCaseLogger = options.logger.getChild(childName(options.identity.use_case));
    this.#useCaseFailures = new UseCaseFailures(useCaseLogger);
    this.#detectionLog = new DetectionLog(useCaseLogger);
  }

  /** A frame came from the source. */
  received(): void {
    this.#firstFrameAtMs ??= this.#lineAtMs = performance.now();
    this.health.live();
    this.ledger.receive();
    if (this.ledger.received % framesPerLine === 0) this.#logLine();
  }

  /** A frame ended without a record. */
  dropped(reason: DropReason): void {
    this.ledger.drop(reason);
    this.#lastEventAtMs = performance.now();
    // Errors have their own lines, and skipping is what the use case wants.
    if (reason !== "too_old" && reason !== "queue_full") return;
    this.#options.drops.add(this.#options.identity.name, reason);
  }

  /** A request is sent, and waits for its answer. */
  asking(): void {
    this.#requests++;
  }

  /** A request has ended, one way or another. */
  asked(): void {
    this.#requests--;
  }

  /** Requests that wait for an answer now. */
  get requests(): number {
    return this.#requests;
  }

  /** A graph is asked in a stream: what it sends is counted here, over all its streams. */
  openSession(): SessionCounts {
    return this.#graph ??= noSessionCounts();
  }

  /** What a graph sent; null when none is asked in a stream. */
  get graph(): Readonly<SessionCounts> | null {
    return this.#graph;
  }

  /** A request was answered. */
  inferred(durationMs: number): void {
    this.inferences.add(durationMs);
    this.health.modelAnswered();
  }

  /** A method of the use case threw. */
  useCaseFailed(error: unknown): void {
    this.#useCaseFailures.add(error);
    this.health.journal.add("error", `The use case failed: ${describeFailure(error)}`);
  }

  /** Frames on which a method of the use case threw. */
  get useCaseFailures(): number {
    return this.#useCaseFailures.total;
  }

  /** The plugin died and was started again. */
  pluginRestarted(): void {
    this.#restarts++;
    this.health.journal.add("state", "The use case was started again");
    this.health.happened("plugin_restarted");
  }

  /** How often the plugin was started again. */
  get pluginRestarts(): number {
    return this.#restarts;
  }

  /** A frame became a record. */
  processed(ageMs: number, analysis: Analysis): void {
    this.ledger.process();
    this.ages.add(ageMs);
    this.#results.tick();
    this.#lastEventAtMs = performance.now();
    this.#latest = analysis;
    this.#detectionLog.add(analysis);
    for (const event of analysis.events ?? []) this.health.journal.addEvent(event);
  }

  /** Frames that wait for an executor now. */
  get queueLength(): number {
    return this.#options.queueLength();
  }

  /** Milliseconds since a frame last came to its end; 0 before one did. */
  get quietMs(): number {
    return this.#lastEventAtMs === 0 ? 0 : performance.now() - this.#lastEventAtMs;
  }

  /** Seconds from the first frame to the last one that was settled. */
  get durationS(): number {
    if (this.#firstFrameAtMs === null) return 0;
    return Math.max(0, this.#lastEventAtMs - this.#firstFrameAtMs) / 1000;
  }

  /** The stream as it stands. */
  status(): StreamStatus {
    const secondary = this.#options.secondaryCounts();
    return {
      ...this.#options.identity,
      state: this.health.state,
      detail: this.health.detail,
      frames: this.ledger.counts(),
      fps: this.#results.perSecond(),
      age_ms: this.ages.recent(),
      inference_ms: this.inferences.recent(),
      reconnects: this.health.reconnects,
      viewers: this.#options.viewers(),
      labels: countLabels(this.#latest),
      ...(secondary && { secondary }),
      ...(this.#graph && { graph: { ...this.#graph } }),
    };
  }

  [Symbol.dispose](): void {
    this.#useCaseFailures[Symbol.dispose]();
    this.#detectionLog.flush();
  }

  #logLine(): void {
    const nowMs = performance.now();
    const { p50, p99 } = this.ages.recent();
    const dropped = this.ledger.droppedTotal;
    this.#logger.info(
      "For {frames} received frames - FPS: {fps}; Frames dropped: {dropped}; " +
        "Age p50: {p50} ms; p99: {p99} ms;",
      {
        frames: framesPerLine,
        fps: Math.round(framesPerLine * 1000 / Math.max(1, nowMs - this.#lineAtMs)),
        dropped: dropped - this.#droppedAtLine,
        p50: Math.round(p50),
        p99: Math.round(p99),
      },
    );
    this.#lineAtMs = nowMs;
    this.#droppedAtLine = dropped;
  }
}
