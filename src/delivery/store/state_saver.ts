/** Keeps the newest state of a destination on disk, one write after the other. */

import { pause } from "../../backoff.ts";
import type { DeadLetter, DeliveryState, LetterChanges } from "./delivery_store.ts";

/** Milliseconds from a write that failed to the next attempt. */
const retryMs = 1000;

/** What a {@link StateSaver} is made of. */
export interface StateSaverOptions {
  /** The state as it stands. */
  state(): DeliveryState;
  save(state: DeliveryState, changes: LetterChanges): Promise<void>;
  /** Called after each write, good or bad, and when nothing is left to write. */
  onSaved(isSaved: boolean): void;
  onError(error: unknown): void;
  readonly signal: AbortSignal;
}

/** Writes what has changed since the last write began; what changes meanwhile goes out together. */
export class StateSaver {
  readonly #options: StateSaverOptions;
  #saving: Promise<void> | null = null;
  #isDirty = false;
  #refused: DeadLetter[] = [];
  #gone: number[] = [];
  #refusedAgain: { readonly number: number; readonly reason: string }[] = [];
  #unsaved = 0;

  constructor(options: StateSaverOptions) {
    this.#options = options;
  }

  /** Messages that are settled, but not on disk yet: a crash would send them again. */
  get unsaved(): number {
    return this.#unsaved;
  }

  get isSaving(): boolean {
    return this.#saving !== null;
  }

  /** So many messages were settled. */
  settled(count: number): void {
    this.#unsaved += count;
    this.changed();
  }

  /** An event becomes a dead letter. */
  refused(letter: DeadLetter): void {
    this.#refused.push(letter);
    this.changed();
  }

  /** A letter that was sent again stays one. */
  refusedAgain(number: number, reason: string): void {
    this.#refusedAgain.push({ number, reason });
    this.changed();
  }

  /** Letters that were sent again are taken, or lost. */
  gone(letters: readonly number[]): void {
    this.#gone.push(...letters);
    this.changed();
  }

  /** The state is another one. */
  changed(): void {
    this.#isDirty = true;
    this.#saving ??= this.#save().finally(() => {
      this.#saving = null;
      this.#options.onSaved(false);
    });
  }

  /** Resolves when nothing is left to write, or it cannot be written at the end. */
  async flush(): Promise<void> {
    await this.#saving;
  }

  async #save(): Promise<void> {
    // A turn later, so that what settles together is written together.
    await null;
    const { state, save, onSaved, onError, signal } = this.#options;
    while (this.#isDirty) {
      this.#isDirty = false;
      const changes = {
        refused: this.#refused.splice(0),
        gone: this.#gone.splice(0),
        refusedAgain: this.#refusedAgain.splice(0),
      };
      const unsaved = this.#unsaved;
      try {
        await save(state(), changes);
        this.#unsaved -= unsaved;
        onSaved(true);
      } catch (error) {
        this.#refused.unshift(...changes.refused);
        this.#gone.unshift(...changes.gone);
        this.#refusedAgain.unshift(...changes.refusedAgain);
        // Delivery goes on where the disk takes nothing: better sent twice after a crash than late.
        this.#unsaved -= unsaved;
        onError(error);
        onSaved(false);
        if (signal.aborted) return;
        this.#isDirty = true;
        await pause(retryMs, signal);
      }
    }
  }
}
