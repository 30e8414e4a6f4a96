/** The log lines about a sink that fails, or is too slow. */

import type { Logger } from "@logtape/logtape";
import { OngoingError } from "../log/ongoing_error.ts";
import { lostTotal, type Sink } from "./sink.ts";

/** Logs when a sink's errors begin, that they last, that records begin to be lost, and when they end. */
export class SinkErrorLog {
  readonly #sink: Pick<Sink, "description" | "counts">;
  readonly #logger: Logger;
  readonly #ongoing = new OngoingError();
  #words = "";
  #lostBefore = 0;
  #hasLoggedLoss = false;

  constructor(sink: Pick<Sink, "description" | "counts">, logger: Logger) {
    this.#sink = sink;
    this.#logger = logger;
  }

  /** It could not be opened or written to. */
  failed(words: string): void {
    this.#words = words;
    this.#occurred();
  }

  /** It has taken nothing for so long. */
  stuck(stillMs: number): void {
    this.#occurredOr(`it has taken nothing for ${Math.round(stillMs / 1000)} s`);
  }

  /** A record was lost, since so many bytes wait. */
  refused(bytes: number): void {
    this.#occurredOr("it takes less than it is given");
    if (this.#hasLoggedLoss) return;
    this.#hasLoggedLoss = true;
    this.#logger.error("{sink}: {mb} MB wait, and no more may: records are being lost", {
      sink: this.#sink.description,
      mb: (bytes / 2 ** 20).toFixed(1),
    });
  }

  /** It takes records. */
  recovered(): void {
    const span = this.#ongoing.end();
    if (span === null) return;
    this.#hasLoggedLoss = false;
    this.#logger.info("{sink} takes records again after {seconds} s; {lost} were lost", {
      sink: this.#sink.description,
      seconds: span.seconds.toFixed(1),
      lost: lostTotal(this.#sink.counts()) - this.#lostBefore,
    });
  }

  /** The words only where the cause is not known already. */
  #occurredOr(words: string): void {
    if (this.#ongoing.span === null) this.#words = words;
    this.#occurred();
  }

  #occurred(): void {
    const line = this.#ongoing.occurred();
    if (line === null) return;
    const { description: sink, counts } = this.#sink;
    const now = counts.call(this.#sink);
    if (line === "began") this.#lostBefore = lostTotal(now);
    const said = { sink, words: this.#words, waiting: now.waiting };
    if (line === "began") {
      this.#logger.error("Cannot write to {sink}: {words}; {waiting} records wait", said);
      return;
    }
    this.#logger.error(
      "Cannot write to {sink} for {seconds} s now: {words}; {waiting} records wait, {lost} are lost",
      {
        ...said,
        seconds: Math.round(this.#ongoing.span!.seconds),
        lost: lostTotal(now) - this.#lostBefore,
      },
    );
  }
}
