/** One sink for each place, however many streams write there. */

import type { SinkConfig } from "../config/resolved.ts";
import type { LineSinkOptions } from "./line_sink.ts";
import { openSink } from "./open.ts";
import type { Sink } from "./sink.ts";

/** A sink that a stream has borrowed; disposing of it gives it back. */
export interface BorrowedSink extends AsyncDisposable {
  readonly sink: Sink;
}

/**
 * Lends sinks. Two streams that write to one file share its one writer, so that their lines do not
 * run into each other; the last one to give it back closes it.
 */
export class SharedSinks {
  readonly #options: Pick<LineSinkOptions, "onTrouble" | "onGone">;
  readonly #lent = new Map<string, { readonly opening: Promise<Sink>; users: number }>();

  constructor(options: Pick<LineSinkOptions, "onTrouble" | "onGone">) {
    this.#options = options;
  }

  /** @throws {Error} when it cannot be opened, naming it. */
  async borrow(config: SinkConfig): Promise<BorrowedSink> {
    const place = JSON.stringify(config);
    const entry = this.#lent.get(place) ?? { opening: openSink(config, this.#options), users: 0 };
    this.#lent.set(place, entry);
    entry.users++;
    const giveBack = async () => {
      entry.users--;
      if (entry.users > 0) return;
      this.#lent.delete(place);
      await (await entry.opening)[Symbol.asyncDispose]();
    };
    try {
      return { sink: await entry.opening, [Symbol.asyncDispose]: giveBack };
    } catch (error) {
      this.#lent.delete(place);
      throw error;
    }
  }
}
