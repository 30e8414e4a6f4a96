/** One sink for each place, however many streams write there. */

import type { SinkConfig } from "../config/resolved.ts";
import { Shared } from "../shared.ts";
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
  readonly #lent = new Shared<Promise<BorrowedSink>>(async (opening) => {
    // One that was never opened has nothing to close.
    await (await opening.catch(() => null))?.[Symbol.asyncDispose]();
  });

  constructor(options: SharedSinksOptions) {
    this.#options = options;
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
