/** Events of a destination in the order in which they may be sent. */

import type { Destination, Message } from "./destination.ts";

/** An event that a destination shall have. */
export interface Item {
  /** Its number in the event log; null when it does not come from there (any more). */
  seq: number | null;
  /** Its number among the dead letters; null when it is none. */
  readonly letter: number | null;
  readonly message: Message;
  /** Of its JSON. */
  readonly bytes: number;
  /** Capture, in milliseconds since 1970. */
  readonly atMs: number;
  state: "waiting" | "sent" | "settled";
}

/** An event of the log, or a dead letter, that shall be sent. */
export function toItem(seq: number | null, letter: number | null, message: Message): Item {
  return {
    seq,
    letter,
    message,
    bytes: message.json.length,
    atMs: Date.parse(message.event.at),
    state: "waiting",
  };
}

/** Of JSON in one call; an event that is larger by itself is sent by itself. */
const mostBytes = 512 << 10;

/** Events that must keep their order among each other. */
interface Lane {
  waiting: Item[];
  calls: number;
  /** So many at the front were refused together, and shall be sent in parts of `part`. */
  suspects: number;
  part: number;
}

/** One lane for each stream, or one for all. */
export class Lanes {
  readonly #order: Destination["order"];
  readonly #batch: number;
  /** Those with something waiting or under way; who was served goes to the end. */
  readonly #lanes = new Map<string, Lane>();
  #underWay = 0;

  constructor(order: Destination["order"], batch: number) {
    this.#order = order;
    this.#batch = batch;
  }

  /** Items that were taken, and neither are done nor were put back. */
  get underWay(): number {
    return this.#underWay;
  }

  push(item: Item): void {
    const key = this.#keyOf(item);
    const lane = this.#lanes.get(key) ?? { waiting: [], calls: 0, suspects: 0, part: 0 };
    lane.waiting.push(item);
    this.#lanes.set(key, lane);
  }

  /** What one call may send now, `most` at the most; null when there is nothing. */
  take(most: number): Item[] | null {
    for (const [key, lane] of this.#lanes) {
      if (lane.calls > 0 && (this.#order !== "connection" || lane.suspects > 0)) continue;
      const items = this.#takeFrom(lane, most);
      if (items.length === 0) {
        if (lane.calls === 0) this.#lanes.delete(key);
        continue;
      }
      this.#lanes.delete(key);
      this.#lanes.set(key, lane);
      lane.calls++;
      this.#underWay += items.length;
      return items;
    }
    return null;
  }

  /** The call is over, and these need not be sent any more. */
  done(items: readonly Item[]): void {
    this.#end(items);
  }

  /** The call is over, and these shall be sent again, before those that came after them. */
  putBack(items: readonly Item[]): void {
    const lane = this.#end(items);
    for (const item of items) if (item.state === "sent") item.state = "waiting";
    // Of several calls that failed, the one that was made first need not be the first to end.
    lane.waiting = [...items, ...lane.waiting].sort(byOrder);
  }

  /** They were refused together: one of them may be at fault, so they are sent in halves. */
  split(items: readonly Item[]): void {
    this.putBack(items);
    const lane = this.#laneOf(items);
    lane.suspects = items.length;
    lane.part = Math.ceil(items.length / 2);
  }

  #takeFrom(lane: Lane, most: number): Item[] {
    const size = Math.min(
      most,
      lane.suspects > 0 ? Math.min(lane.part, lane.suspects) : this.#batch,
    );
    const items: Item[] = [];
    let looked = 0;
    let bytes = 0;
    for (; looked < lane.waiting.length && items.length < size; looked++) {
      const item = lane.waiting[looked]!;
      bytes += item.bytes;
      if (items.length > 0 && bytes > mostBytes) break;
      // It may have been dropped while it waited.
      if (item.state === "waiting") items.push(item);
    }
    lane.suspects = Math.max(0, lane.suspects - looked);
    lane.waiting.splice(0, looked);
    for (const item of items) item.state = "sent";
    return items;
  }

  #end(items: readonly Item[]): Lane {
    const lane = this.#laneOf(items);
    lane.calls--;
    this.#underWay -= items.length;
    return lane;
  }

  #laneOf(items: readonly Item[]): Lane {
    return this.#lanes.get(this.#keyOf(items[0]!))!;
  }

  #keyOf({ message: { event } }: Item): string {
    return this.#order === "stream" ? event.stream : "";
  }
}

/** Letters that are sent again come behind what the log has, in the order of their numbers. */
function byOrder(a: Item, b: Item): number {
  return (a.seq ?? Infinity) - (b.seq ?? Infinity) || (a.letter ?? 0) - (b.letter ?? 0);
}
