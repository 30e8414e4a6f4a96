/** One sink for each place, however many streams write there. */

import type { SinkConfig } from "../config/resolved.ts";
import type { LineSinkOptions } from "./line_sink.ts";
import { openSink } from "./open.ts";
import type { Sink } from "./sink.ts";

/** A sink that a stream has borrowed; disposing of it gives it back. */
export interface BorrowedSink extends AsyncDisposable {
  readonly sink: Sink;
}

/** Settings of {@link SharedSinks}. */
export interface SharedSinksOptions extends Pick<LineSinkOptions, "onTrouble" | "onGone"> {
  /** Told of each sink that is opened; what it returns is disposed of when the sink is closed. */
  onOpen?(sink: Sink): Disposable;
}

/**
 * Lends sinks. Two streams that write to one file share its one writer, so that their lines do not
 * run into each other; the last one to give it back closes it.
 */
export class SharedSinks {
  readonly #options: SharedSinksOptions;
  readonly #lent = new Map<string, { readonly opening: Promise<BorrowedSink>; users: number }>();

  constructor(options: SharedSinksOptions) {
    this.#options = options;
  }

  /** @throws {Error} when it cannot be opened, naming it. */
  async borrow(config: SinkConfig): Promise<BorrowedSink> {
    const place = JSON.stringify(config);
    const entry = this.#lent.get(place) ?? { opening: this.#open(config), users: 0 };
    this.#lent.set(place, entry);
    entry.users++;
    const giveBack = async () => {
      entry.users--;
      if (entry.users > 0) return;
      this.#lent.delete(place);
      await (await entry.opening)[Symbol.asyncDispose]();
    };
    try {
      const { sink } = await entry.opening;
      return { sink, [Symbol.asyncDispose]: giveBack };
    } catch (error) {
      this.#lent.delete(place);
      throw error;
    }
  }

  async #open(config: SinkConfig): Promise<BorrowedSink> {
    const sink = await openSink(config, this.#options);
    const entered = this.#options.onOpen?.(sink);
    return {
      sink,
      async [Symbol.asyncDispose]() {
        await sink[Symbol.asyncDispose]();
        // Only now are its books closed.
        entered?.[Symbol.dispose]();
      },
    };
  }
}
