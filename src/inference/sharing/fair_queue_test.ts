import { deepEqual, equal, rejects } from "node:assert/strict";
import fc from "fast-check";
import { type FairClient, FairQueue } from "./fair_queue.ts";
import type { Permit } from "../inference.ts";

Deno.test("FairQueue gives permits round robin, however much one client asks", async () => {
  const queue = new FairQueue(1);
  const order: string[] = [];
  const first = await queue.join().acquire();
  const greedy = ask(queue.join(), "greedy", 6, order);
  const modest = ["a", "b", "c"].map((name) => ask(queue.join(), name, 2, order));
  equal(queue.waiting, 12);
  first[Symbol.dispose]();
  await Promise.all([greedy, ...modest]);
  deepEqual(order.join(" "), "greedy a b c greedy a b c greedy greedy greedy greedy");
  equal(queue.held, 0);
});

Deno.test("FairQueue gives a client that comes later the next permit", async () => {
  const queue = new FairQueue(1);
  const order: string[] = [];
  const first = await queue.join().acquire();
  const greedy = ask(queue.join(), "greedy", 3, order);
  const late = ask(queue.join(), "late", 1, order);
  first[Symbol.dispose]();
  await Promise.all([greedy, late]);
  deepEqual(order, ["greedy", "late", "greedy", "greedy"]);
});

Deno.test("FairQueue never has more permits out than its limit, and hands out more when that grows", async () => {
  const queue = new FairQueue(2);
  const client = queue.join();
  const permits: Permit[] = [];
  for (let asked = 0; asked < 5; asked++) {
    void client.acquire().then((permit) => permits.push(permit));
  }
  await settle();
  equal(permits.length, 2);
  equal(queue.waiting, 3);
  queue.limit = 4;
  equal(queue.limit, 4);
  await settle();
  equal(permits.length, 4);
  // Twice is the same as once.
  permits[0]![Symbol.dispose]();
  permits[0]![Symbol.dispose]();
  await settle();
  equal(permits.length, 5);
  equal(queue.held, 4);
});

Deno.test("FairQueue gives a free permit at once, but not before those who wait", async () => {
  const queue = new FairQueue(1);
  const client = queue.join();
  const first = await client.acquire();
  const order: string[] = [];
  const waits = ask(client, "waits", 1, order);
  first[Symbol.dispose]();
  // The permit is free again as soon as the one who waits is done, and no sooner.
  const comes = ask(queue.join(), "comes", 1, order);
  await Promise.all([waits, comes]);
  deepEqual(order, ["waits", "comes"]);
  equal(queue.held, 0);
});

Deno.test("FairQueue forgets requests that are given up, and those of a client that leaves", async () => {
  const queue = new FairQueue(1);
  const holder = await queue.join().acquire();
  const [one, two] = [queue.join(), queue.join()];
  const controller = new AbortController();
  const given = one.acquire({ signal: controller.signal });
  const left = two.acquire();
  const stays = one.acquire();
  controller.abort();
  await rejects(given, { name: "InferenceError", reason: "cancelled" });
  two.leave();
  await rejects(left, { name: "InferenceError", reason: "cancelled" });
  await rejects(two.acquire(), { name: "InferenceError", reason: "cancelled" });
  equal(queue.waiting, 1);
  holder[Symbol.dispose]();
  using _permit = await stays;
  equal(queue.held, 1);
});

Deno.test("FairQueue gives no permit to a request that was given up before", async () => {
  const queue = new FairQueue(1);
  const signal = AbortSignal.abort();
  await rejects(queue.join().acquire({ signal }), { name: "InferenceError", reason: "cancelled" });
  equal(queue.held, 0);
});

async function ask(
  client: FairClient,
  name: string,
  times: number,
  order: string[],
): Promise<void> {
  await Promise.all(Array.from({ length: times }, async () => {
    using _permit = await client.acquire();
    order.push(name);
    await settle();
  }));
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A queue as a child would write it: whose turn came longest ago is next. */
class NaiveQueue {
  readonly granted: number[] = [];
  held = 0;
  #turns = 0;
  readonly #clients = [0, 1, 2].map(() => ({ waiting: [] as number[], turn: Infinity }));

  constructor(public limit: number) {}

  get waiting(): number {
    return this.#clients.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }

  acquire(client: number, request: number): void {
    const { waiting, turn } = this.#clients[client]!;
    if (this.held < this.limit) {
      this.held++;
      this.granted.push(request);
      return;
    }
    waiting.push(request);
    if (turn === Infinity) this.#clients[client]!.turn = this.#turns++;
  }

  giveUp(request: number): void {
    for (const client of this.#clients) {
      client.waiting = client.waiting.filter((other) => other !== request);
    }
  }

  hand(): void {
    while (this.held < this.limit) {
      const next = this.#clients.reduce((a, b) => b.turn < a.turn ? b : a);
      if (next.turn === Infinity) return;
      const request = next.waiting.shift();
      next.turn = next.waiting.length > 0 ? this.#turns++ : Infinity;
      if (request === undefined) continue;
      this.held++;
      this.granted.push(request);
    }
  }
}

Deno.test("FairQueue grants what a naive queue grants, in its order", async () => {
  const step = fc.record({
    kind: fc.constantFrom("acquire", "acquire", "acquire", "release", "release", "giveUp", "limit"),
    n: fc.nat(8),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, limit) => {
        const queue = new FairQueue(limit);
        const naive = new NaiveQueue(limit);
        const clients = [0, 1, 2].map(() => queue.join());
        const granted: number[] = [];
        const permits: Permit[] = [];
        const waiting = new Map<number, AbortController>();
        for (const [request, { kind, n }] of steps.entries()) {
          if (kind === "acquire") {
            const controller = new AbortController();
            waiting.set(request, controller);
            clients[n % 3]!.acquire({ signal: controller.signal }).then((permit) => {
              granted.push(request);
              permits.push(permit);
              waiting.delete(request);
            }, () => {});
            naive.acquire(n % 3, request);
          } else if (kind === "release") {
            const permit = permits.shift();
            if (permit === undefined) continue;
            permit[Symbol.dispose]();
            permit[Symbol.dispose]();
            naive.held--;
          } else if (kind === "giveUp") {
            const [given, controller] = [...waiting][n] ?? [];
            if (given === undefined) continue;
            waiting.delete(given);
            controller!.abort();
            naive.giveUp(given);
          } else queue.limit = naive.limit = 1 + n % 4;
          naive.hand();
          for (let turn = 0; turn < 10; turn++) await Promise.resolve();
          deepEqual(granted, naive.granted);
          deepEqual([queue.held, queue.waiting], [naive.held, naive.waiting]);
        }
      },
    ),
  );
});
