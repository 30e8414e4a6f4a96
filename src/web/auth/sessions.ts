/** Sessions of browsers: each begins with a login, and ends by signing out or when its time is over. */

/** A session as its cookie has it. */
export interface Session {
  readonly id: string;
  /** Wall clock, in milliseconds: its cookie is of no use from then on. */
  readonly untilMs: number;
}

/** Why what a session shows is aborted. */
export const sessionOver = new DOMException("The session is over", "AbortError");

/** More that were ended early are not remembered one by one. */
const mostEnded = 10_000;

/** Which sessions were ended early, and what is to end with each. */
export class Sessions {
  readonly #now: () => number;
  readonly #ended = new Map<string, Session>();
  readonly #watched = new Map<string, Session & { readonly end: AbortController }>();
  #signingKey = newKey();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Signs their cookies; made anew by each process, so that no cookie outlives it. */
  get signingKey(): string {
    return this.#signingKey;
  }

  begin(untilMs: number): Session {
    return { id: crypto.randomUUID(), untilMs };
  }

  isOpen({ id, untilMs }: Session): boolean {
    return this.#now() < untilMs && !this.#ended.has(id);
  }

  /** Aborted with {@link sessionOver} when the session ends. */
  signalOf(session: Session): AbortSignal {
    if (!this.isOpen(session)) return AbortSignal.abort(sessionOver);
    let watched = this.#watched.get(session.id);
    if (watched === undefined) {
      this.#forgetOver(this.#watched);
      watched = { ...session, end: new AbortController() };
      this.#watched.set(session.id, watched);
      const time = AbortSignal.timeout(session.untilMs - this.#now());
      time.addEventListener("abort", () => this.#cut(session.id));
    }
    return watched.end.signal;
  }

  /** Its cookie opens nothing any more, wherever a copy of it lies. */
  end(session: Session): void {
    this.#forgetOver(this.#ended);
    this.#ended.set(session.id, session);
    if (this.#ended.size > mostEnded) this.#endAll();
    this.#cut(session.id);
  }

  #cut(id: string): void {
    this.#watched.get(id)?.end.abort(sessionOver);
    this.#watched.delete(id);
  }

  /** Rather than forget that one was ended: all sign in again. */
  #endAll(): void {
    this.#signingKey = newKey();
    this.#ended.clear();
    for (const id of [...this.#watched.keys()]) this.#cut(id);
  }

  /** Before there would be too many: to look at each time at all would take long. */
  #forgetOver(sessions: Map<string, Session>): void {
    if (sessions.size < mostEnded) return;
    for (const [id, { untilMs }] of sessions) if (untilMs <= this.#now()) sessions.delete(id);
  }
}

function newKey(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}
