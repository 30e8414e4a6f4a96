/** Limits failed login attempts by client address. */

/** Wrong attempts from one address within the window; then it has to wait. */
const mostFailures = 10;
const windowMs = 60_000;
/** Addresses that are remembered; more than that is a distributed attack, which a throttle cannot stop. */
const mostAddresses = 10_000;

/** Counts wrong attempts by address. */
export class LoginThrottle {
  readonly #failures = new Map<string, { count: number; readonly sinceMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = performance.now.bind(performance)) {
    this.#now = now;
  }

  /**
   * Counts an attempt before it is looked at; false when the address may make no more. Counted
   * afterwards, all of a burst would be looked at before the first of it counts.
   */
  take(address: string): boolean {
    if (!this.allows(address)) return false;
    this.#count(address);
    return true;
  }

  /** A counted attempt was right after all: takes it back. */
  giveBack(address: string): void {
    const entry = this.#failures.get(address);
    if (entry !== undefined && entry.count > 0) entry.count--;
  }

  /** Whether the address may make another attempt. */
  allows(address: string): boolean {
    const entry = this.#failures.get(address);
    if (entry === undefined) return true;
    if (this.#now() - entry.sinceMs < windowMs) return entry.count < mostFailures;
    this.#failures.delete(address);
    return true;
  }

  #count(address: string): void {
    const entry = this.#failures.get(address);
    if (entry !== undefined) {
      entry.count++;
      return;
    }
    this.#failures.set(address, { count: 1, sinceMs: this.#now() });
    if (this.#failures.size > mostAddresses) {
      this.#failures.delete(this.#failures.keys().next().value!);
    }
  }
}
