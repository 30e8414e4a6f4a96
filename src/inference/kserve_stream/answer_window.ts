/** Frames that a graph was asked about, by their timestamps, and the answers that are joined to them. */

import type { Tensor, Tensors } from "../../frame/tensor.ts";
import type { SessionCounts } from "../inference.ts";

/** Frames that have ended of which it is known how, so that what still comes of them has its place. */
const remembered = 1024;

/** What came of a frame, or will not. */
export interface GraphAnswer {
  readonly timestampUs: number;
  readonly outputs: Tensors;
  /**
   * Whether each output comes in the order of its timestamps, as the packets of MediaPipe do: then
   * what is older and was not answered never will be.
   */
  readonly inOrder: boolean;
}

/** A frame that waits for its answer. */
export class AskedFrame {
  readonly outputs = new Map<string, Tensor>();
  readonly #settling = Promise.withResolvers<Tensors>();
  /** Whether what is there is taken as soon as it is something. */
  #takesAny = false;
  #ended = false;

  constructor(readonly timestampUs: number) {
    // A frame that was given up is one that is not waited for any more.
    this.#settling.promise.catch(() => undefined);
  }

  /** The outputs, once they are joined. */
  get answer(): Promise<Tensors> {
    return this.#settling.promise;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get takesAny(): boolean {
    return this.#takesAny;
  }

  /** From now on a part of the outputs will do. */
  takeAny(): void {
    this.#takesAny = true;
  }

  /** Ends it, with the outputs that are there or for a reason. */
  end(reason?: Error): void {
    this.#ended = true;
    if (reason === undefined) this.#settling.resolve(Object.fromEntries(this.outputs));
    else this.#settling.reject(reason);
  }
}

/**
 * Joins the outputs of a timestamp, of which each may come by itself, or never. A frame is answered
 * when each output of the graph is there or has gone past it; it ends without an answer when all have
 * gone past. Where a use case says which it needs, all of those have to be there.
 */
export class AnswerWindow {
  /** Outputs without which there is no result, by the use case; null = any will do. */
  readonly #needed: readonly string[] | null;
  /** Outputs that are waited for as long as they may come; none = whatever comes first. */
  #named: readonly string[];
  readonly #counts: SessionCounts;
  readonly #passed: () => Error;
  /** In the order of their timestamps. */
  readonly #asked = new Map<number, AskedFrame>();
  /** The names of the outputs that a frame ended with; null = none. Oldest first. */
  readonly #ended = new Map<number, ReadonlySet<string> | null>();
  /** How far each output has come. */
  readonly #reached = new Map<string, number>();

  /**
   * `named`: the outputs of the graph, none = whatever comes first; `asked`: those of them that a
   * result needs, null = all; `passed`: the reason for which a frame ends that the graph has gone past.
   */
  constructor(
    named: readonly string[],
    asked: readonly string[] | null,
    counts: SessionCounts,
    passed: () => Error,
  ) {
    this.#needed = asked !== null && asked.length > 0 ? asked : null;
    this.#named = named;
    this.#counts = counts;
    this.#passed = passed;
  }

  /** Takes in a frame, whose timestamp is higher than those before. */
  ask(frame: AskedFrame): void {
    this.#asked.set(frame.timestampUs, frame);
  }

  /** Takes out all that wait, for another window. */
  take(): AskedFrame[] {
    const frames = [...this.#asked.values()];
    this.#asked.clear();
    return frames;
  }

  /** An answer came; a frame that it ends is told so at once. */
  receive({ timestampUs, outputs, inOrder }: GraphAnswer): void {
    // A whole response that the graph itself made (`RESPONSE`) has other names in it than its stream.
    const names = Object.keys(outputs);
    if (names.length > 0 && !names.some((name) => this.#named.includes(name))) this.#named = [];
    for (const [name, tensor] of Object.entries(outputs)) {
      this.#count(timestampUs, name, tensor);
      if (!inOrder) continue;
      this.#reached.set(name, Math.max(timestampUs, this.#reached.get(name) ?? -Infinity));
    }
    for (const frame of this.#asked.values()) {
      if (frame.timestampUs > timestampUs) break;
      this.#settle(frame);
    }
  }

  /** No more comes of a frame: it ends with what there is of it. */
  finish(timestampUs: number): void {
    const frame = this.#asked.get(timestampUs);
    if (frame) this.end(frame, this.#isUseful(frame) ? undefined : this.#passed());
  }

  /** An answer came, and cannot be used: it costs its frame. */
  fail(timestampUs: number, reason: Error): void {
    const frame = this.#asked.get(timestampUs);
    if (frame) this.end(frame, reason);
  }

  /** An error came of which it is not said which frame it is of: the oldest pays for it. */
  failOldest(reason: Error): void {
    this.#counts.error++;
    const [frame] = this.#asked.values();
    if (frame) this.end(frame, reason);
  }

  /** From now on a part of the frame's outputs will do. */
  takeAny(frame: AskedFrame): void {
    frame.takeAny();
    if (this.#asked.get(frame.timestampUs) === frame) this.#settle(frame);
  }

  /** Ends a frame, with what there is of it or for a reason. */
  end(frame: AskedFrame, reason?: Error): void {
    this.#asked.delete(frame.timestampUs);
    if (frame.ended) return;
    frame.end(reason);
    const names = reason === undefined ? new Set(frame.outputs.keys()) : null;
    this.#ended.set(frame.timestampUs, names);
    if (this.#ended.size <= remembered) return;
    const [oldest] = this.#ended.keys();
    this.#ended.delete(oldest!);
  }

  /** Ends all that wait. */
  endAll(reason: Error): void {
    for (const frame of [...this.#asked.values()]) this.end(frame, reason);
  }

  #count(timestampUs: number, name: string, tensor: Tensor): void {
    const counts = this.#counts;
    const frame = this.#asked.get(timestampUs);
    if (frame === undefined) {
      const names = this.#ended.get(timestampUs);
      if (names === undefined) counts.unasked++;
      else if (names?.has(name)) counts.repeated++;
      else counts.late++;
    } else if (frame.outputs.has(name)) {
      counts.repeated++;
    } else {
      frame.outputs.set(name, tensor);
      counts.joined++;
    }
  }

  /** Whether a result can be made of what is there. */
  #isUseful({ outputs }: AskedFrame): boolean {
    return this.#needed?.every((name) => outputs.has(name)) ?? outputs.size > 0;
  }

  #settle(frame: AskedFrame): void {
    const isThere = (name: string) => frame.outputs.has(name);
    const isPassed = (name: string) => (this.#reached.get(name) ?? -Infinity) > frame.timestampUs;
    const isUseful = this.#isUseful(frame);
    const isDecided = this.#needed !== null
      ? isUseful || this.#needed.some((name) => !isThere(name) && isPassed(name))
      : this.#named.length > 0
      ? this.#named.every((name) => isThere(name) || isPassed(name))
      : isUseful || [...this.#reached.keys()].some(isPassed);
    if (isDecided || frame.takesAny && isUseful) {
      this.end(frame, isUseful ? undefined : this.#passed());
    }
  }
}
