/** What the log is told of a destination: when something begins, at growing intervals, at its end. */

import type { Logger } from "@logtape/logtape";
import { OngoingError } from "../log/ongoing_error.ts";
import type { DeliveryError } from "./destination.ts";

/** Storage that did not fail for so long is well again: a full disk takes something now and then. */
const steadyMs = 60_000;

/** Speaks of one destination, by its name. */
export class DeliveryLog {
  readonly #name: string;
  readonly #logger: Logger;
  readonly #away = new OngoingError();
  readonly #refusing = new OngoingError();
  readonly #storage: OngoingError;
  readonly #now: () => number;
  #storageFailedAtMs = -Infinity;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(name: string, logger: Logger, now: () => number = () => performance.now()) {
    this.#name = name;
    this.#logger = logger;
    this.#now = now;
    this.#storage = new OngoingError(now);
  }

  /** An attempt failed; the next one is made after `waitMs`. */
  failed({ message }: DeliveryError, waiting: number, waitMs: number): void {
    const line = this.#away.occurred();
    if (line === null) return;
    const lasts = line === "lasts" ? ` for ${Math.round(this.#away.span!.seconds)} s now` : "";
    const wait = (waitMs / 1000).toFixed(1);
    this.#logger.error(
      "{name} takes no events{lasts}: {message}; {waiting} wait, next attempt in {wait} s",
      { name: this.#name, lasts, message, waiting, wait },
    );
  }

  /** An attempt did not fail. */
  recovered(waiting: number): void {
    const ended = this.#away.end();
    if (ended === null) return;
    this.#logger.info("{name} takes events again after {seconds} s; {waiting} wait", {
      name: this.#name,
      seconds: ended.seconds.toFixed(1),
      waiting,
    });
  }

  /** An event was refused for good, the so manieth. */
  refused(type: string, reason: string, refused: number): void {
    if (this.#refusing.occurred() === null) return;
    this.#logger.error(
      "{name} refuses an event of type {type}: {reason}; {refused} were refused so far, " +
        "`deliveries --letters` shows them",
      { name: this.#name, type, reason, refused },
    );
  }

  /** Nothing is sent any more. */
  disabled({ message }: DeliveryError): void {
    this.#logger.error(
      "{name} wants no more events: {message}; `deliveries retry` enables it again",
      { name: this.#name, message },
    );
  }

  /** Events are not in the log any more that should have been sent. */
  lost(lost: number): void {
    this.#logger.error(
      "{name}: {lost} events were removed from the event log before they were delivered",
      { name: this.#name, lost },
    );
  }

  /** The numbers of the event log begin anew. */
  beganAgain(): void {
    this.#logger.warn(
      "{name}: another event log has begun; events that waited in the old one are lost",
      { name: this.#name },
    );
  }

  /** The event log, or the file of states, cannot be used. */
  storageFailed(error: unknown): void {
    const nowMs = this.#now();
    if (nowMs - this.#storageFailedAtMs >= steadyMs) this.#storage.end();
    this.#storageFailedAtMs = nowMs;
    if (this.#storage.occurred() === null) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.error("{name}: cannot read events, or keep what was delivered: {message}", {
      name: this.#name,
      message,
    });
  }
}
