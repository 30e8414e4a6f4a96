/** What was told since the start, in figures. */

import type { SightlineEvent } from "./event.ts";

/** Types that are counted by name: a use case may make up as many as it likes. */
const mostTypes = 100;

/** Counts events by type, and the objects that are there. */
export class EventTally {
  readonly #types = new Map<string, number>();
  /** Stream of each object that has begun and not ended, by the id of its first event. */
  readonly #objects = new Map<string, string>();
  readonly #streams = new Set<string>();

  /** Takes note of events that were written down. */
  note(events: readonly SightlineEvent[]): void {
    for (const { id, type, stream, started_id } of events) {
      const name = this.#types.has(type) || this.#types.size < mostTypes ? type : "other";
      this.#types.set(name, (this.#types.get(name) ?? 0) + 1);
      this.#streams.add(stream);
      if (type === "object_started") this.#objects.set(id, stream);
      if (started_id !== undefined) this.#objects.delete(started_id);
    }
  }

  /** A stream is no more, and what was open on it has ended. */
  forget(stream: string): void {
    this.#streams.delete(stream);
  }

  /** Events by type; what is beyond 100 types is called `other`. */
  get types(): ReadonlyMap<string, number> {
    return this.#types;
  }

  /** Objects that are there, by stream; 0 for one that told something else. */
  openObjects(): Map<string, number> {
    const counts = new Map([...this.#streams].map((stream) => [stream, 0]));
    for (const stream of this.#objects.values()) counts.set(stream, (counts.get(stream) ?? 0) + 1);
    return counts;
  }
}
