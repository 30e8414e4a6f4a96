/** The store of deliveries on a disk that may damage it. */

import { DatabaseSync } from "node:sqlite";
import { isDamage, putAside } from "../../events/salvage.ts";
import { type DeliveryState, DeliveryStore, type LetterChanges } from "./delivery_store.ts";

/** As if nothing had been sent: rather twice than never. */
const fromTheBeginning: DeliveryState = {
  cursor: 0,
  settled: [],
  head: 0,
  accepted: 0,
  delivered: 0,
  expired: 0,
  full: 0,
  refused: 0,
  waitingBytes: 0,
  oldestAtMs: null,
  lastError: null,
  disabled: null,
};

const nothing: LetterChanges = { refused: [], gone: [], refusedAgain: [] };

/**
 * Puts a damaged file aside, makes another in its place, and saves the states that can be read.
 * A destination without a state is sent all that the event log has, since it is unknown what was sent.
 */
export class StoreFile implements Disposable {
  readonly #path: string;
  #store: DeliveryStore;
  /** Where the damaged file is now; null when there was none. */
  asidePath: string | null = null;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#store = new DeliveryStore(path);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#store = this.#replace();
    }
    // Damage of a page of the table shows when it is read.
    this.use((store) => store.states());
  }

  /** Works with the store, on another one where this one turns out to be damaged. */
  use<Result>(work: (store: DeliveryStore) => Result): Result {
    try {
      return work(this.#store);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#store[Symbol.dispose]();
      this.#store = this.#replace();
      return work(this.#store);
    }
  }

  /** The state of a destination; null when it is new. */
  load(destination: string): DeliveryState | null {
    const state = this.use((store) => store.load(destination));
    return state ?? (this.asidePath === null ? null : fromTheBeginning);
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
  }

  #replace(): DeliveryStore {
    const asidePath = this.asidePath = putAside(this.#path, new Date());
    const store = new DeliveryStore(this.#path);
    for (const { destination, state } of readable(asidePath)) {
      store.save(destination, state, nothing);
    }
    return store;
  }
}

function readable(path: string): { readonly destination: string; readonly state: DeliveryState }[] {
  try {
    using database = new DatabaseSync(path);
    const rows = database.prepare("SELECT destination, state FROM destinations").all();
    return rows.map(({ destination, state }) => ({
      destination: String(destination),
      state: JSON.parse(String(state)),
    }));
  } catch {
    // It is broken where the states are.
    return [];
  }
}
