/** One sink for each destination, shared by all streams that write there. */

import { Shared } from "../shared.ts";
import type { Sink, SinkOptions } from "./sink.ts";
import { SinkTotals } from "./sink_totals.ts";
import { openSink, type SinkConfig } from "./sinks.ts";

/** A sink that a stream has borrowed; disposing of it gives it back. */
export interface BorrowedSink extends AsyncDisposable {
  readonly sink: Sink;
}

/**
 * Lends sinks. Two streams that write to one file share its one writer, so that their lines do not
 * run into each other; the last one to give it back closes it.
 */
export class SharedSinks {
  /** What became of the records of all sinks that were closed. */
  readonly totals = new SinkTotals();
  readonly #options: SinkOptions;
  readonly #onOpen: ((sink: Sink) => Disposable) | undefined;
  readonly #lent = new Shared<Promise<BorrowedSink>>(async (opening) => {
    // One that was never opened has nothing to close.
    await (await opening.catch(() => null))?.[Symbol.asyncDispose]();
  });

  /** `onOpen` is told of each sink that is opened; what it returns ends when the sink is closed. */
  constructor(options: SinkOptions, onOpen?: (sink: Sink) => Disposable) {
    this.#options = options;
    this.#onOpen = onOpen;
  }

  /** @throws {Error} when it cannot be opened, naming it. */
  async borrow(config: SinkConfig): Promise<BorrowedSink> {
    const lease = this.#lent.lease(JSON.stringify(config), () => this.#open(config));
    try {
      const { sink } = await lease.item;
      return { sink, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() };
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Opens again the files of all that are lent, as after a rotation. */
  async reopen(): Promise<void> {
    for (const opening of this.#lent.items) {
      (await opening.catch(() => null))?.sink.reopen?.();
    }
  }

  async #open(config: SinkConfig): Promise<BorrowedSink> {
    const sink = await openSink(config, this.#options);
    const entered = this.#onOpen?.(sink);
    return {
      sink,
      [Symbol.asyncDispose]: async () => {
        await sink[Symbol.asyncDispose]();
        // Only now are its counts final.
        entered?.[Symbol.dispose]();
        this.totals.add(sink);
      },
    };
  }
}
