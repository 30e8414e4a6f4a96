/** The store of deliveries, asked by messages: in a Worker of its own, or in memory. */

import type { DeliveryState, DeliveryStore, KeptLetter, LetterChanges } from "./delivery_store.ts";
import type { OutboxStore } from "../outbox.ts";

/** What the Worker may be asked. */
type StoreMethod = "load" | "save" | "takeLetters" | "takeEnabled" | "letterCounts";

/** To the Worker. */
export type ToStoreWorker =
  | { readonly type: "open"; readonly path: string }
  | { readonly type: "close"; readonly id: number }
  | {
    readonly type: "ask";
    readonly id: number;
    readonly method: StoreMethod;
    readonly args: readonly unknown[];
  };

/** From the Worker; `id` 0 answers `open`. */
export type FromStoreWorker =
  | { readonly type: "done"; readonly id: number; readonly result: unknown }
  | {
    readonly type: "failed";
    readonly id: number;
    readonly message: string;
    /** SQLite's number; null when it is no error of SQLite. */
    readonly code: number | null;
  };

/** A store that refused. */
export class DeliveryStoreError extends Error {
  override name = "DeliveryStoreError";
  /** SQLite's number of the error, such as 13 for a full disk; null when it is not SQLite's. */
  readonly code: number | null;

  constructor(message: string, code: number | null = null) {
    super(message);
    this.code = code;
  }
}

/** Where states are kept; questions are answered in the order in which they were asked. */
export interface StoreThread extends OutboxStore, AsyncDisposable {
  /** Where a file that was damaged when it was opened is now; null when it was not. */
  readonly asidePath: string | null;
  letterCounts(): Promise<ReadonlyMap<string, number>>;
}

/** Opens a file in a Worker, or makes it; one that is damaged is put aside. @throws {DeliveryStoreError} */
export async function openStoreThread(path: string): Promise<StoreThread> {
  const thread = new WorkerStore(new URL("./store_worker.ts", import.meta.url));
  try {
    await thread.open(path);
    return thread;
  } catch (error) {
    thread.terminate();
    throw error;
  }
}

/** A store that ends with the process needs no thread: a write takes microseconds. */
export async function openMemoryStore(): Promise<StoreThread> {
  const { DeliveryStore } = await import("./delivery_store.ts");
  return new MemoryStore(new DeliveryStore(":memory:"));
}

class MemoryStore implements StoreThread {
  readonly asidePath = null;
  readonly #store: DeliveryStore;

  constructor(store: DeliveryStore) {
    this.#store = store;
  }

  load(destination: string): Promise<DeliveryState | null> {
    return Promise.resolve(this.#store.load(destination));
  }

  save(destination: string, state: DeliveryState, changes: LetterChanges): Promise<void> {
    return Promise.resolve(this.#store.save(destination, state, changes));
  }

  takeLetters(destination: string, options: { alsoTaken: boolean }): Promise<KeptLetter[]> {
    return Promise.resolve(this.#store.takeLetters(destination, options));
  }

  takeEnabled(destination: string): Promise<boolean> {
    return Promise.resolve(this.#store.takeEnabled(destination));
  }

  letterCounts(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(this.#store.letterCounts());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#store[Symbol.dispose]();
    return Promise.resolve();
  }
}

interface Question {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: DeliveryStoreError) => void;
}

class WorkerStore implements StoreThread {
  readonly #worker: Worker;
  readonly #questions = new Map<number, Question>();
  asidePath: string | null = null;
  #lastId = 0;
  /** Why nothing can be asked any more, in words. */
  #broken: string | null = null;

  constructor(url: URL) {
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = ({ data }: MessageEvent<FromStoreWorker>) => {
      const question = this.#questions.get(data.id);
      this.#questions.delete(data.id);
      if (data.type === "done") question?.resolve(data.result);
      else question?.reject(new DeliveryStoreError(data.message, data.code));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#broken = `The deliveries' thread has ended: ${event.message}`;
      for (const { reject } of this.#questions.values()) {
        reject(new DeliveryStoreError(this.#broken));
      }
      this.#questions.clear();
    };
  }

  async open(path: string): Promise<void> {
    this.asidePath = await this.#post(0, { type: "open", path }) as string | null;
  }

  load(destination: string): Promise<DeliveryState | null> {
    return this.#ask("load", destination);
  }

  save(destination: string, state: DeliveryState, changes: LetterChanges): Promise<void> {
    return this.#ask("save", destination, state, changes);
  }

  takeLetters(destination: string, options: { alsoTaken: boolean }): Promise<KeptLetter[]> {
    return this.#ask("takeLetters", destination, options);
  }

  takeEnabled(destination: string): Promise<boolean> {
    return this.#ask("takeEnabled", destination);
  }

  letterCounts(): Promise<ReadonlyMap<string, number>> {
    return this.#ask("letterCounts");
  }

  terminate(): void {
    this.#worker.terminate();
  }

  /** Answers what was asked, closes the file, and ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    const id = ++this.#lastId;
    // A thread that has ended has nothing to close.
    await this.#post(id, { type: "close", id }).catch(() => undefined);
    this.#worker.terminate();
  }

  #ask<Result>(method: StoreMethod, ...args: readonly unknown[]): Promise<Result> {
    const id = ++this.#lastId;
    return this.#post(id, { type: "ask", id, method, args }) as Promise<Result>;
  }

  #post(id: number, message: ToStoreWorker): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#broken !== null) throw new DeliveryStoreError(this.#broken);
      this.#questions.set(id, { resolve, reject });
      this.#worker.postMessage(message);
    });
  }
}
