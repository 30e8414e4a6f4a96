/** Dynamic batching: requests of several streams are sent as one, where the model takes any number of rows. */

import type { Logger } from "@logtape/logtape";
import { isSameModel, type ModelMetadata } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { cancelledBy } from "../failure.ts";
import { type Inference, InferenceError, type InferOptions } from "../inference.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import { checkTensor } from "../tensor_codec.ts";
import { batchKey, joinRequests, rowsOf, splitAnswer, whyUnbatchable } from "./tensor_batch.ts";

/** Settings of a {@link Batcher}. */
export interface BatcherOptions {
  readonly model: Inference;
  /** Rows in one request. */
  readonly maxSize: number;
  /** How long the first of a batch may wait for others. */
  readonly maxWaitMs: number;
  /** Batches on their way at once; what comes meanwhile gathers. */
  readonly maxInFlight: number;
  readonly logger: Logger;
  /** Told when batching turned out to be possible, or not, or only so far. */
  readonly onActive: () => void;
}

interface Member {
  readonly inputs: Tensors;
  readonly rows: number;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
  /** Its asker gave it up. */
  gone: boolean;
}

interface Batch {
  readonly key: string;
  readonly members: Member[];
  /** Aborts when all members are gone. */
  readonly abort: AbortController;
  timer: ReturnType<typeof setTimeout> | undefined;
  rows: number;
  /** Nothing more is waited for. */
  due: boolean;
}

/** What became of several requests that were to be one. */
interface Sent {
  /** Whether all of them were answered. */
  readonly answered: boolean;
  /** Rows of the largest request that was answered. */
  readonly largest: number;
  /** The smallest that was refused whole, and whose parts were answered; null = none was. */
  readonly refused: { readonly rows: number; readonly error: InferenceError } | null;
}

/** Gathers requests to one model. Until the model's metadata are known, each goes alone. */
export class Batcher {
  readonly #options: BatcherOptions;
  /** Batches that were not sent yet, oldest first. */
  readonly #gathering: Batch[] = [];
  readonly #memory: MemoryPool;
  #inFlight = 0;
  #active = false;
  /** What the model said of itself last. */
  #known: ModelMetadata | null = null;
  /** Rows that the model takes at once, as far as it was found out. */
  #limit = Infinity;
  /** Rows of the largest request that was answered. */
  #proven = 0;
  /** How often larger requests failed on the server's side where smaller ones did not. */
  #doubts = 0;

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#memory = new MemoryPool(options.maxInFlight);
  }

  /** Whether requests are put together. */
  get active(): boolean {
    return this.#active;
  }

  /** Rows in one request, at most. */
  get size(): number {
    return Math.min(this.#options.maxSize, this.#limit);
  }

  /** Takes note of what the model says of itself. */
  learn(metadata: ModelMetadata): void {
    if (isSameModel(this.#known, metadata)) return;
    this.#known = metadata;
    this.#limit = Infinity;
    this.#proven = this.#doubts = 0;
    const reason = whyUnbatchable(metadata);
    if (reason === null) this.#setActive(true);
    else this.#giveUp(reason);
  }

  /** Runs the model on `inputs`, together with others'. @throws {InferenceError} */
  async infer(inputs: Tensors, options: InferOptions = {}): Promise<Tensors> {
    const { signal } = options;
    const rows = this.#active ? rowsOf(inputs) : null;
    if (rows === null) return await this.#options.model.infer(inputs, options);
    if (signal?.aborted) throw cancelledBy(signal);
    // Here, so that one that is wrong never fails the whole batch.
    for (const [name, tensor] of Object.entries(inputs)) checkTensor(name, tensor);
    const { promise, resolve, reject } = Promise.withResolvers<Tensors>();
    const member: Member = { inputs, rows, resolve, reject, gone: false };
    const batch = this.#enter(member);
    const onAbort = () => {
      reject(cancelledBy(signal!));
      this.#leave(member, batch);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  [Symbol.dispose](): void {
    for (const { timer, members } of this.#gathering.splice(0)) {
      clearTimeout(timer);
      for (const { reject } of members) reject(closed(this.#options.model));
    }
  }

  #enter(member: Member): Batch {
    const { maxWaitMs } = this.#options;
    const maxSize = this.size;
    const key = batchKey(member.inputs);
    let batch = this.#gathering.findLast((one) => one.key === key);
    if (batch === undefined || batch.rows + member.rows > maxSize) {
      if (batch !== undefined) batch.due = true;
      batch = {
        key,
        members: [],
        abort: new AbortController(),
        timer: undefined,
        rows: 0,
        due: false,
      };
      this.#gathering.push(batch);
      const begun = batch;
      batch.timer = setTimeout(() => {
        begun.due = true;
        this.#send();
      }, maxWaitMs);
    }
    batch.members.push(member);
    batch.rows += member.rows;
    if (batch.rows >= maxSize) batch.due = true;
    this.#send();
    return batch;
  }

  #leave(member: Member, batch: Batch): void {
    member.gone = true;
    if (batch.members.some(({ gone }) => !gone)) {
      if (this.#gathering.includes(batch)) {
        batch.members.splice(batch.members.indexOf(member), 1);
        batch.rows -= member.rows;
      }
      return;
    }
    clearTimeout(batch.timer);
    const index = this.#gathering.indexOf(batch);
    if (index >= 0) this.#gathering.splice(index, 1);
    batch.abort.abort();
  }

  #send(): void {
    while (this.#inFlight < this.#options.maxInFlight) {
      const index = this.#gathering.findIndex(({ due }) => due);
      if (index < 0) return;
      const [batch] = this.#gathering.splice(index, 1);
      clearTimeout(batch!.timer);
      this.#inFlight++;
      void this.#run(batch!).finally(() => {
        this.#inFlight--;
        this.#send();
      });
    }
  }

  async #run({ members, abort: { signal } }: Batch): Promise<void> {
    const { answered, largest, refused } = await this.#ask(members, signal);
    // Where a part failed alone, it may have been at fault.
    if (answered && refused !== null) this.#learnLimit(Math.max(largest, this.#proven), refused);
    this.#proven = Math.max(this.#proven, largest);
  }

  async #ask(members: readonly Member[], signal: AbortSignal): Promise<Sent> {
    const { model } = this.#options;
    const rows = members.reduce((sum, { rows }) => sum + rows, 0);
    if (members.length === 1) {
      const answered = await settle(members[0]!, signal, model);
      return { answered, largest: answered ? rows : 0, refused: null };
    }
    // It was gathered before the limit was known.
    if (rows > this.#limit) return await this.#halve(members, signal);
    const used: ArrayBuffer[] = [];
    const take = (length: number) => {
      const memory = this.#memory.take(length);
      used.push(memory.buffer);
      return memory;
    };
    try {
      const inputs = joinRequests(members.map(({ inputs }) => inputs), take);
      const outputs = await model.infer(inputs, { signal });
      const answer = splitAnswer(outputs, members.map(({ rows }) => rows));
      if (answer === null) throw otherRows();
      for (const [index, { resolve }] of members.entries()) resolve(answer[index]!);
      return { answered: true, largest: rows, refused: null };
    } catch (error) {
      if (!this.#isRefusal(error, rows)) {
        for (const { reject } of members) reject(error);
        return { answered: false, largest: 0, refused: null };
      }
      const sent = await this.#halve(members, signal);
      return { ...sent, refused: sent.refused ?? { rows, error } };
    } finally {
      // No backend looks at it once a request has ended.
      for (const buffer of used) this.#memory.give(buffer);
    }
  }

  async #halve(members: readonly Member[], signal: AbortSignal): Promise<Sent> {
    const middle = Math.ceil(members.length / 2);
    const halves = [members.slice(0, middle), members.slice(middle)];
    const sent = await Promise.all(halves.map((half) => this.#ask(half, signal)));
    return {
      answered: sent.every(({ answered }) => answered),
      largest: Math.max(...sent.map(({ largest }) => largest)),
      refused: sent.find(({ refused }) => refused !== null)?.refused ?? null,
    };
  }

  /** Whether a batch of so many rows may have failed for their number. */
  #isRefusal(error: unknown, rows: number): error is InferenceError {
    const { reason } = error as InferenceError;
    if (reason === "invalid_input" || reason === "unsupported" || reason === "too_large") {
      return true;
    }
    // KServe's and MLServer's own servers call everything that a model throws an internal error.
    return reason === "server_error" && rows > this.#proven;
  }

  #learnLimit(limit: number, { rows, error }: NonNullable<Sent["refused"]>): void {
    if (limit >= this.#limit) return;
    // Whatever breaks in a server is an internal error, so that once is not enough.
    if (error.reason === "server_error" && this.#doubts++ === 0) return;
    this.#limit = limit;
    if (limit === 1) return this.#giveUp(error.message);
    const { logger, model, maxSize } = this.#options;
    logger.warn(
      "{model} takes {limit} frames in one request: {rows} were refused ({reason}); " +
        "batch_max_size {maxSize} has no more effect than {limit}",
      { model: model.description, limit, rows, reason: error.message, maxSize },
    );
    this.#options.onActive();
  }

  #giveUp(reason: string): void {
    const { logger, model } = this.#options;
    logger.warn(
      "{model} takes one request at a time: {reason}; batch_max_size has no effect",
      { model: model.description, reason },
    );
    this.#setActive(false);
  }

  #setActive(active: boolean): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#options.onActive();
  }
}

/** Whether it succeeded. */
async function settle(
  { inputs, resolve, reject }: Member,
  signal: AbortSignal,
  model: Inference,
): Promise<boolean> {
  try {
    resolve(await model.infer(inputs, { signal }));
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}

function closed({ description }: Inference): InferenceError {
  return new InferenceError("cancelled", `Cannot ask ${description}: it was closed`, "");
}

function otherRows(): InferenceError {
  return new InferenceError("unsupported", "Cannot use the answer: it has other rows", "");
}
