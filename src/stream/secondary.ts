/** The secondary model of a stream: it classifies crops of what the first model found. */

import type { SecondaryConfig } from "./settings.ts";
import type { Analysis, Detection, SecondaryAnalysis } from "../frame/analysis.ts";
import type { FrameInfo, FullPicture } from "../frame/frame.ts";
import { RateLimitedReport } from "../log/rate_limited_report.ts";
import { chooseCrops, KnownTracks, padded } from "./choose_crops.ts";
import { ReorderBuffer, type TimedFrame } from "./reorder_buffer.ts";
import type { SecondaryCounts } from "./status.ts";
import { SecondaryModel, type SecondaryModelParts } from "./secondary_model.ts";

/** A frame whose first analysis is done. */
export interface Examined extends TimedFrame {
  readonly info: FrameInfo;
  readonly analysis: Analysis;
  readonly full: FullPicture | undefined;
  /** Whether the frame may be dropped for its age. */
  readonly live: boolean;
}

/** Frames that are looked at at once; of a live source, more go out without. */
const mostFrames = 4;
/** Of a frame's remaining age, the share that the secondary model may use up. */
const shareOfAge = 0.8;

/** Looks at frames side by side, and hands them on in order and in time whatever the model does. */
export class Secondary implements AsyncDisposable {
  readonly #config: SecondaryConfig;
  readonly #useCase: string;
  readonly #maxAgeMs: number;
  readonly #model: SecondaryModel;
  readonly #tracks: KnownTracks;
  readonly #reorder: ReorderBuffer<Examined, () => void>;
  #stop = new AbortController();
  readonly #losses: RateLimitedReport<string>;
  readonly #counts = { asked: 0, reused: 0, missed: 0 };

  /**
   * `useCase`: what it is called in records; `maxAgeMs` after its capture a frame of a live source must
   * be on its way.
   */
  constructor(
    config: SecondaryConfig,
    useCase: string,
    maxAgeMs: number,
    parts: SecondaryModelParts,
  ) {
    this.#config = config;
    this.#useCase = useCase;
    this.#maxAgeMs = maxAgeMs;
    this.#model = new SecondaryModel(parts);
    this.#tracks = new KnownTracks(config.refreshMs);
    this.#reorder = new ReorderBuffer({
      // Each has a deadline of its own, at which it goes out as it is.
      maxAgeMs: null,
      capacity: mostFrames,
      deliver: (_frame, deliver) => Promise.resolve(deliver()),
      drop: () => undefined,
    });
    this.#losses = new RateLimitedReport((count, why) => {
      parts.logger.warn("{count} detections went out without the secondary model, last: {why}", {
        count,
        why,
      });
    }, { intervalMs: 10_000 });
  }

  get counts(): SecondaryCounts {
    return { ...this.#counts };
  }

  /**
   * Takes a frame, and waits only for one that can wait itself. `deliver` is called with what is
   * known of it in the end, in frame order.
   */
  async submit(examined: Examined, deliver: (analysis: Analysis) => void): Promise<void> {
    if (!examined.live) {
      await this.#model.tried;
      await this.#reorder.space();
    }
    const busy = this.#reorder.length >= mostFrames;
    const slot = this.#reorder.reserve(examined);
    this.#examine(examined, busy && examined.live).then((analysis) => {
      slot.settle({ kind: "result", result: () => deliver(analysis) });
    });
  }

  async #examine(examined: Examined, busy: boolean): Promise<Analysis> {
    const { info, analysis } = examined;
    const { detections = [] } = analysis;
    const known = detections.map((detection) => this.#tracks.get(detection, info.ptsMs));
    const chosen = chooseCrops(
      detections,
      this.#config,
      (detection) => known[detections.indexOf(detection)] !== undefined,
    );
    const reused = known.filter((said) => said !== undefined).length;
    this.#counts.reused += reused;
    if (chosen.length + reused === 0) return analysis;
    const said = new Map(known.flatMap((said, index) => said ? [[index, said]] : []));
    const events = chosen.length === 0 ? [] : await this.#look(examined, chosen, said, busy);
    return this.#join(analysis, said, events);
  }

  /** Resolves when every frame is on its way. */
  idle(): Promise<void> {
    return this.#reorder.idle();
  }

  /** Hands on all frames as they are, without what the model would add. */
  abort(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    await this.#model[Symbol.asyncDispose]();
    this.#losses[Symbol.dispose]();
  }

  /** Adds to `said` what the model says in time; resolves with the events. */
  async #look(
    { info, analysis: { detections = [] }, full, live, delayMs }: Examined,
    chosen: readonly number[],
    said: Map<number, SecondaryAnalysis>,
    busy: boolean,
  ): Promise<NonNullable<Analysis["events"]>> {
    const { format } = this.#model;
    if (format === null || full === undefined || busy) {
      const why = busy ? "it is too slow" : format === null ? "it is away" : "no full-size picture";
      // That it is away was said once, when it went.
      this.#miss(chosen.length, format === null && !busy ? null : why);
      return [];
    }
    using deadline = this.#deadline(live ? info.capturedAtMs + delayMs : null);
    const found: NonNullable<Analysis["events"]>[number][] = [];
    const { padding } = this.#config;
    const work = chosen.map(async (index) => {
      try {
        const detection = detections[index]!;
        const pixels = await full.crop(padded(detection.box, padding), format);
        if (pixels === null) return this.#miss(1, "its picture was kept no longer");
        const answer = await this.#model.look(info, pixels, deadline.signal);
        if (answer === null) return;
        this.#counts.asked++;
        // Too late: the frame has gone.
        if (deadline.signal.aborted) return;
        said.set(index, this.#keep(detection, info.ptsMs, answer));
        found.push(...answer.events ?? []);
      } catch (error) {
        const late = deadline.signal.aborted;
        this.#miss(1, late ? "it is too slow" : (error as Error).message);
      }
    });
    await Promise.race([Promise.all(work), deadline.passed]);
    return found;
  }

  #keep(detection: Detection, ptsMs: number, answer: Analysis): SecondaryAnalysis {
    const { classifications, detections, data } = answer;
    const said: SecondaryAnalysis = {
      useCase: this.#useCase,
      ...(classifications && { classifications }),
      ...(detections && { detections }),
      ...(data !== undefined && { data }),
    };
    this.#tracks.set(detection, ptsMs, said);
    return said;
  }

  #join(
    analysis: Analysis,
    said: ReadonlyMap<number, SecondaryAnalysis>,
    events: NonNullable<Analysis["events"]>,
  ): Analysis {
    const detections = (analysis.detections ?? []).map((detection, index) => {
      const secondary = said.get(index);
      return secondary ? { ...detection, secondary } : detection;
    });
    const all = [...analysis.events ?? [], ...events];
    return { ...analysis, detections, ...(all.length > 0 && { events: all }) };
  }

  #miss(count: number, why: string | null): void {
    this.#counts.missed += count;
    for (let i = 0; why !== null && i < count; i++) this.#losses.add(why);
  }

  /** Aborts in time for the frame, and when everything ends; null = the frame has no deadline. */
  #deadline(capturedAtMs: number | null) {
    const abort = new AbortController();
    const passed = Promise.withResolvers<void>();
    const giveUp = () => {
      abort.abort(new DOMException("Frame deadline exceeded", "TimeoutError"));
      passed.resolve();
    };
    const { signal } = this.#stop;
    signal.addEventListener("abort", giveUp);
    const leftMs = (capturedAtMs ?? 0) + this.#maxAgeMs - Date.now();
    const timer = capturedAtMs === null
      ? undefined
      : setTimeout(giveUp, Math.max(0, leftMs * shareOfAge));
    return {
      signal: abort.signal,
      passed: passed.promise,
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", giveUp);
      },
    };
  }
}
