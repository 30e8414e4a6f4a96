/** Reference-counted resources: made for the first user, ended after the last. */

/** One user's hold on a shared thing; disposing of it twice is the same as once. */
export interface Lease<Item> extends AsyncDisposable {
  readonly item: Item;
}

/** Shared things by key. */
export class Shared<Item> {
  readonly #entries = new Map<string, { readonly item: Item; users: number }>();
  readonly #end: (item: Item) => Promise<void>;

  /** `end` is called for an item whose last user has gone. */
  constructor(end: (item: Item) => Promise<void>) {
    this.#end = end;
  }

  /** What is in use now. */
  get items(): Item[] {
    return [...this.#entries.values()].map(({ item }) => item);
  }

  /** The item of that key; made when it has no user yet. */
  lease(key: string, make: () => Item): Lease<Item> {
    const entry = this.#entries.get(key) ?? { item: make(), users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    let held = true;
    return {
      item: entry.item,
      [Symbol.asyncDispose]: async () => {
        if (!held) return;
        held = false;
        if (--entry.users > 0) return;
        this.#entries.delete(key);
        await this.#end(entry.item);
      },
    };
  }
}
