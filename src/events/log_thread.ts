/** An event store in a Worker of its own, asked by messages. */

import type {
  FromLogWorker,
  StoreArgs,
  StoreMethod,
  StoreResult,
  ToLogWorker,
} from "./log_messages.ts";
import type { Salvaged } from "./salvage.ts";

/** An event store that refused. */
export class EventStoreError extends Error {
  override name = "EventStoreError";
  /** SQLite's number of the error, such as 13 for a full disk; null when it is not SQLite's. */
  readonly code: number | null;

  constructor(message: string, code: number | null = null) {
    super(message);
    this.code = code;
  }
}

interface Question {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: EventStoreError) => void;
}

/** Questions are answered in the order in which they were asked. */
export class LogThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #questions = new Map<number, Question>();
  #lastId = 0;
  /** Why nothing can be asked any more, in words. */
  #broken: string | null = null;
  readonly #closed = Promise.withResolvers<void>();
  /** Told when another file is in the place of one that was damaged, or gone. */
  onReplaced: (salvaged: Salvaged | null) => void = () => {};

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromLogWorker>) => this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(`The event log's thread has ended: ${event.message}`);
    };
  }

  /**
   * Opens a store, or makes it; one that is damaged is put aside, unless it is only read.
   * @throws {EventStoreError}
   */
  static async open(
    path: string,
    { readOnly = false } = {},
  ): Promise<{ readonly thread: LogThread; readonly salvaged: Salvaged | null }> {
    const worker = new Worker(new URL("./log_worker.ts", import.meta.url), { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<Salvaged | null>();
    worker.onmessage = ({ data }: MessageEvent<FromLogWorker>) => {
      if (data.type === "opened") resolve(data.salvaged);
      else if (data.type === "refused") reject(new EventStoreError(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new EventStoreError(event.message));
    };
    worker.postMessage({ type: "open", path, readOnly } satisfies ToLogWorker);
    try {
      const salvaged = await promise;
      return { thread: new LogThread(worker), salvaged };
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** @throws {EventStoreError} */
  ask<M extends StoreMethod>(method: M, ...args: StoreArgs<M>): Promise<StoreResult<M>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#broken !== null) throw new EventStoreError(this.#broken);
      const id = ++this.#lastId;
      this.#questions.set(id, { resolve, reject });
      this.#worker.postMessage({ type: "ask", id, method, args } satisfies ToLogWorker);
    }) as Promise<StoreResult<M>>;
  }

  /** Answers what was asked, closes the file, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#broken === null) this.#worker.postMessage({ type: "close" } satisfies ToLogWorker);
    await this.#closed.promise;
    this.#worker.terminate();
  }

  #fail(words: string): void {
    this.#broken = words;
    for (const { reject } of this.#questions.values()) reject(new EventStoreError(words));
    this.#questions.clear();
    this.#closed.resolve();
  }

  #receive(message: FromLogWorker): void {
    if (message.type === "closed") return this.#closed.resolve();
    if (message.type === "replaced") return this.onReplaced(message.salvaged);
    if (message.type !== "done" && message.type !== "failed") return;
    const question = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (message.type === "done") question?.resolve(message.result);
    else question?.reject(new EventStoreError(message.message, message.code));
  }
}
