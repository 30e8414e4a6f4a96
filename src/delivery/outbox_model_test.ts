/** The outbox held against a model: whatever happens in whatever order, the books are right. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { getLogger } from "@logtape/logtape";
import fc from "fast-check";
import { Deadlines } from "../deadlines.ts";
import type { NumberedEvent, SightlineEvent } from "../events/event.ts";
import { DeliveryStore } from "./store/delivery_store.ts";
import { DeliveryError, type Destination, type Message } from "./destination.ts";
import { Outbox, type OutboxStore } from "./outbox.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What happens is a task of its own: what it resolves or rejects is known before the next. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < 30; count++) await null;
}

/** A call of `send` that is under way. */
interface Call {
  readonly messages: readonly Message[];
  readonly resolve: () => void;
  readonly reject: (error: DeliveryError) => void;
}

/** Its calls end when the test says so. */
class ScriptedDestination implements Destination {
  readonly window = 6;
  calls: Call[] = [];
  /** Events that were taken, in order; also when the answer was lost. */
  readonly taken: SightlineEvent[];
  /** Those that were refused, perhaps among others: they keep no order. */
  readonly refused: Set<string>;
  isOpen = true;
  /** Takes everything at once. */
  isWilling = false;

  constructor(
    readonly order: Destination["order"],
    readonly batch: number,
    { taken, refused }: Pick<World, "taken" | "refused">,
  ) {
    this.taken = taken;
    this.refused = refused;
  }

  send(messages: readonly Message[]): Promise<void> {
    if (this.isWilling) {
      this.#take(messages);
      return Promise.resolve();
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.calls.push({ messages, resolve, reject });
    return promise;
  }

  check(): Promise<string> {
    return Promise.resolve("");
  }

  /** The oldest call succeeds, or any where order is not promised. */
  succeed(pick: number): void {
    const [call] = this.#remove(pick);
    if (call === undefined) return;
    this.#take(call.messages);
    call.resolve();
  }

  /** A call fails; where order is promised, those behind it do too. */
  fail(pick: number): void {
    for (const { reject } of this.#remove(pick, true)) {
      reject(new DeliveryError("unavailable", "away"));
    }
  }

  /** A call is refused for good. */
  refuse(pick: number): void {
    const [call] = this.#remove(pick);
    for (const { event } of call?.messages ?? []) this.refused.add(event.id);
    call?.reject(new DeliveryError("refused", "bad"));
  }

  /** The other side goes on, whatever becomes of us: some calls arrive though the answer is lost. */
  abandon(arrive: number): void {
    this.isOpen = false;
    for (const { messages } of this.calls.slice(0, arrive)) this.#take(messages);
    for (const { reject } of this.calls) reject(new DeliveryError("unavailable", "gone"));
    this.calls = [];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #remove(pick: number, withBehind = false): Call[] {
    if (this.calls.length === 0) return [];
    if (this.order !== "stream") return this.calls.splice(0, withBehind ? Infinity : 1);
    return this.calls.splice(pick % this.calls.length, 1);
  }

  #take(messages: readonly Message[]): void {
    this.taken.push(...messages.map(({ event }) => event));
  }
}

/** The log, the file of states, and an outbox that may end at any moment. */
class World {
  readonly log: NumberedEvent[] = [];
  readonly taken: SightlineEvent[] = [];
  readonly refused = new Set<string>();
  readonly store = new DeliveryStore(":memory:");
  readonly deadlines = new Deadlines();
  lastSeq = 0;
  appended = 0;
  retried = 0;
  crashes = 0;
  destination!: ScriptedDestination;
  outbox!: Outbox;

  constructor(
    readonly order: Destination["order"],
    readonly batch: number,
    readonly maxEvents: number,
  ) {}

  async open(): Promise<void> {
    const destination = this.destination = new ScriptedDestination(
      this.order,
      this.batch,
      this,
    );
    const { log, store } = this;
    const alive: OutboxStore = {
      load: async (name) => (await turn(), store.load(name)),
      async save(name, state, changes) {
        await turn();
        if (destination.isOpen) store.save(name, state, changes);
      },
      async takeLetters(name, options) {
        await turn();
        return destination.isOpen ? store.takeLetters(name, options) : [];
      },
      takeEnabled: (name) => Promise.resolve(store.takeEnabled(name)),
    };
    this.outbox = await Outbox.open({
      name: "d",
      filter: { types: ["wanted"] },
      bounds: { maxAgeMs: Infinity, maxEvents: this.maxEvents, maxBytes: Infinity },
      retryMs: [1],
      timeoutMs: 60_000,
      log: {
        after: async (seq, limit) => {
          await turn();
          return log.filter((event) => event.seq > seq).slice(0, limit);
        },
        lastSeq: () => Promise.resolve(this.lastSeq),
      },
      store: alive,
      destination,
      deadlines: this.deadlines,
      logger: getLogger("model"),
      mask: (text) => text,
    });
    this.outbox.begin();
    // A new destination begins with what comes once it is known.
    if (this.crashes === 0) await turn();
    while (this.store.load("d") === null) await turn();
  }

  append(stream: string, isWanted: boolean): void {
    const seq = ++this.lastSeq;
    const event: SightlineEvent = {
      id: String(seq),
      type: isWanted ? "wanted" : "other",
      at: new Date().toISOString(),
      stream,
      use_case: null,
      sequence: null,
    };
    this.log.push({ seq, event });
    if (isWanted) this.appended++;
    this.outbox.accept([{ seq, event, json: JSON.stringify(event) }]);
  }

  async crash(arrive: number): Promise<void> {
    this.crashes++;
    this.destination.abandon(arrive);
    await this.outbox[Symbol.asyncDispose]();
    await this.open();
  }

  async retry(): Promise<void> {
    this.retried += this.store.retry("d");
    await this.outbox.tick();
  }

  checkBooks(): void {
    const { accepted, delivered, expired, full, refused, waiting } = this.outbox.counts();
    equal(accepted, delivered + expired + full + refused + waiting);
    ok(waiting >= 0, `${waiting} wait`);
  }

  async end(): Promise<void> {
    this.destination.isWilling = true;
    while (this.destination.calls.length > 0) this.destination.succeed(0);
    await this.outbox.drain(AbortSignal.timeout(10_000));
    await this.outbox[Symbol.asyncDispose]();
  }
}

/** What may happen. */
const steps = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant("append"), fc.nat(5), fc.nat(8)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("succeed"), fc.nat(5), fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("fail"), fc.nat(5), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("refuse"), fc.nat(5), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("crash"), fc.nat(6), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("remove"), fc.nat(6), fc.constant(0)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("retry"), fc.constant(0), fc.constant(0)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("wait"), fc.nat(3), fc.constant(0)) },
);

async function play(world: World, script: readonly [string, number, number][]): Promise<void> {
  for (const [step, a, b] of script) {
    switch (step) {
      case "append":
        for (let count = 0; count <= b; count++) {
          world.append(`s${(a + count) % 3}`, (a + count) % 4 > 0);
        }
        break;
      case "succeed":
        world.destination.succeed(a);
        break;
      case "fail":
        world.destination.fail(a);
        break;
      case "refuse":
        world.destination.refuse(a);
        break;
      case "crash":
        await world.crash(a);
        break;
      case "remove": {
        // Retention takes what is old, and so was counted long ago.
        const head = world.store.load("d")!.head;
        world.log.splice(0, Math.min(a, world.log.filter(({ seq }) => seq <= head).length));
        break;
      }
      case "retry":
        await world.retry();
        break;
      case "wait":
        for (let turns = 0; turns <= a; turns++) await turn();
    }
    world.checkBooks();
    await microtasks();
  }
  world.checkBooks();
  await world.end();
}

for (const order of ["connection", "stream", "batch"] as const) {
  Deno.test(`Outbox (${order}): nothing is lost, the order holds and the books are right`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 5, maxLength: 40 }),
        fc.constantFrom(1, 3, 6),
        fc.constantFrom(4, 1000),
        async (script, batch, maxEvents) => {
          const world = new World(order, order === "connection" ? 1 : batch, maxEvents);
          await world.open();
          await play(world, script);
          const { accepted, delivered, full, refused, waiting } = world.outbox.counts();
          equal(waiting, 0);
          equal(accepted, world.appended + world.retried);
          equal(accepted, delivered + full + refused);
          const takenIds = world.taken.map(({ id }) => id);
          const unique = new Set(takenIds);
          const letters = new Set(world.store.letters("d", 10_000).map(({ event }) => event.id));
          // Everything that was neither dropped nor refused has arrived.
          const missing = world.appended - unique.size;
          ok(missing <= full + letters.size, `${missing} are missing, ${full} were dropped`);
          const twice = takenIds.length - unique.size;
          ok(twice <= world.crashes * world.destination.window, `${twice} came twice`);
          // What was dropped, but not on disk when it crashed, may come after all.
          if (maxEvents < 1000 && world.crashes > 0) return;
          for (const stream of ["s0", "s1", "s2"]) {
            const inOrder = world.taken.filter((event) => {
              return event.stream === stream && !world.refused.has(event.id);
            });
            const seqs = [...new Set(inOrder.map(({ id }) => Number(id)))];
            deepEqual(seqs, seqs.toSorted((a, b) => a - b), stream);
          }
        },
      ),
      { numRuns: Number(Deno.env.get("RUNS") ?? 100) },
    );
  });
}
