/** Requests of several streams, sent as one where the model takes any number of rows. */

import type { Logger } from "@logtape/logtape";
import type { ModelMetadata } from "../frame/model.ts";
import type { Tensors } from "../frame/tensor.ts";
import { cancelledBy } from "./failure.ts";
import { type Inference, InferenceError, type InferOptions } from "./inference.ts";
import { MemoryPool } from "../frame/memory_pool.ts";
import { checkTensor } from "./tensor_codec.ts";
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
  /** Told when batching turned out to be possible, or not. */
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

/** Gathers requests to one model. Until the model's metadata are known, each goes alone. */
export class Batcher {
  readonly #options: BatcherOptions;
  /** Batches that were not sent yet, oldest first. */
  readonly #gathering: Batch[] = [];
  readonly #memory: MemoryPool;
  #inFlight = 0;
  #active = false;
  #known = "";

  constructor(options: BatcherOptions) {
    this.#options = options;
    this.#memory = new MemoryPool(options.maxInFlight);
  }

  /** Whether requests are put together. */
  get active(): boolean {
    return this.#active;
  }

  /** Takes note of what the model says of itself. */
  learn(metadata: ModelMetadata): void {
    const known = JSON.stringify(metadata);
    if (known === this.#known) return;
    this.#known = known;
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
    // Here, so that what is wrong with one never becomes the batch's trouble.
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
    const { maxSize, maxWaitMs } = this.#options;
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
    const { model } = this.#options;
    if (members.length === 1) return void await settle(members[0]!, signal, model);
    const used: ArrayBuffer[] = [];
    const take = (length: number) => {
      const memory = this.#memory.take(length);
      used.push(memory.buffer);
      return memory;
    };
    try {
      const inputs = joinRequests(members.map(({ inputs }) => inputs), take);
      const answer = splitAnswer(
        await model.infer(inputs, { signal }),
        members.map(({ rows }) => rows),
      );
      if (answer === null) {
        return await this.#runApart(members, signal, "its answer has other rows");
      }
      for (const [index, { resolve }] of members.entries()) resolve(answer[index]!);
    } catch (error) {
      if (isRefusal(error)) return await this.#runApart(members, signal, error.message);
      for (const { reject } of members) reject(error);
    } finally {
      // No backend looks at it once a request has ended.
      for (const buffer of used) this.#memory.give(buffer);
    }
  }

  // Whether the batch was at fault or one of its members shows when each goes alone.
  async #runApart(members: readonly Member[], signal: AbortSignal, why: string): Promise<void> {
    const { model } = this.#options;
    const ended = await Promise.all(members.map((member) => settle(member, signal, model)));
    if (ended.every((succeeded) => succeeded)) this.#giveUp(why);
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

function isRefusal(error: unknown): error is InferenceError {
  const { reason } = error as InferenceError;
  return reason === "invalid_input" || reason === "unsupported" || reason === "too_large";
}
