/** What is in the pictures of cameras now, told from events alone. */

import type { EventObject, SightlineEvent } from "../../../events/event.ts";

/** An object that is there. */
export interface PresentObject {
  readonly stream: string;
  /** Of the event that began it. */
  readonly startedId: string;
  readonly startedAt: string;
  readonly object: EventObject;
  /** Zones in which it is, and those in which it was at any time. */
  readonly zones: Set<string>;
  readonly entered: Set<string>;
  stationary: boolean;
  topConfidence: number;
}

/** Takes the same event twice without counting it twice. */
export class ObjectBook {
  readonly #objects = new Map<string, PresentObject>();
  /** Stays in zones of what is no object of ours, by stream and zone. */
  readonly #lost = new Set<string>();

  /** Takes note of an event; returns the object that it is about, as it was at its end if it ended. */
  note(event: SightlineEvent): PresentObject | null {
    const { type, stream, object, zone } = event;
    if (type === "stream_lost") this.#lost.add(stream);
    if (type === "stream_live") this.#lost.delete(stream);
    if (!object) return null;
    const key = `${stream} ${object.id}`;
    if (type === "object_ended") {
      const known = this.#objects.get(key) ?? null;
      this.#objects.delete(key);
      return known && { ...known, object };
    }
    const known = this.#objects.get(key);
    if (!known && type !== "object_started" && type !== "object_updated") return null;
    const { stationary, top_confidence } = event.data ?? {};
    const present: PresentObject = {
      stream,
      startedId: known?.startedId ?? event.started_id ?? event.id,
      startedAt: known?.startedAt ?? event.at,
      zones: known?.zones ?? new Set(),
      entered: known?.entered ?? new Set(),
      object,
      stationary: typeof stationary === "boolean" ? stationary : known?.stationary ?? false,
      topConfidence: Math.max(
        known?.topConfidence ?? 0,
        object.confidence,
        typeof top_confidence === "number" ? top_confidence : 0,
      ),
    };
    if (zone !== undefined) {
      if (type === "zone_entered") {
        present.zones.add(zone);
        present.entered.add(zone);
      }
      if (type === "zone_left") present.zones.delete(zone);
    }
    this.#objects.set(key, present);
    return present;
  }

  /** Begins again with what is open; the events in any order. */
  reset(open: readonly SightlineEvent[]): void {
    this.#objects.clear();
    this.#lost.clear();
    const isStart = ({ type }: SightlineEvent) => type === "object_started" ? 0 : 1;
    for (const event of open.toSorted((a, b) => isStart(a) - isStart(b))) this.note(event);
  }

  /** Whether a camera delivers, as far as events tell. */
  isLive(stream: string): boolean {
    return !this.#lost.has(stream);
  }

  /** Objects of a stream that are there. */
  of(stream: string): PresentObject[] {
    return [...this.#objects.values()].filter((present) => present.stream === stream);
  }

  /** How many objects of each label a stream has. */
  labelsOf(stream: string): ReadonlyMap<string, number> {
    return countBy(this.of(stream).map(({ object }) => object.label));
  }

  /** How many objects are in each zone of a stream. */
  zonesOf(stream: string): ReadonlyMap<string, number> {
    return countBy(this.of(stream).flatMap(({ zones }) => [...zones]));
  }
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
