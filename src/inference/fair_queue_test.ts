import { deepEqual, equal, rejects } from "node:assert/strict";
import { type FairMember, FairQueue } from "./fair_queue.ts";
import type { Turn } from "./inference.ts";

Deno.test("FairQueue gives turns round robin, however much one member asks", async () => {
  const queue = new FairQueue(1);
  const order: string[] = [];
  const first = await queue.join().take();
  const greedy = ask(queue.join(), "greedy", 6, order);
  const modest = ["a", "b", "c"].map((name) => ask(queue.join(), name, 2, order));
  equal(queue.waiting, 12);
  first[Symbol.dispose]();
  await Promise.all([greedy, ...modest]);
  deepEqual(order.join(" "), "greedy a b c greedy a b c greedy greedy greedy greedy");
  equal(queue.taken, 0);
});

Deno.test("FairQueue gives a member that comes later the next turn", async () => {
  const queue = new FairQueue(1);
  const order: string[] = [];
  const first = await queue.join().take();
  const greedy = ask(queue.join(), "greedy", 3, order);
  const late = ask(queue.join(), "late", 1, order);
  first[Symbol.dispose]();
  await Promise.all([greedy, late]);
  deepEqual(order, ["greedy", "late", "greedy", "greedy"]);
});

Deno.test("FairQueue never has more turns out than its limit, and hands out more when that grows", async () => {
  const queue = new FairQueue(2);
  const member = queue.join();
  const turns: Turn[] = [];
  for (let asked = 0; asked < 5; asked++) void member.take().then((turn) => turns.push(turn));
  await settle();
  equal(turns.length, 2);
  equal(queue.waiting, 3);
  queue.limit = 4;
  await settle();
  equal(turns.length, 4);
  // Twice is the same as once.
  turns[0]![Symbol.dispose]();
  turns[0]![Symbol.dispose]();
  await settle();
  equal(turns.length, 5);
  equal(queue.taken, 4);
});

Deno.test("FairQueue gives a free turn at once, but not before those who wait", async () => {
  const queue = new FairQueue(1);
  const member = queue.join();
  const first = await member.take();
  const order: string[] = [];
  const waits = ask(member, "waits", 1, order);
  first[Symbol.dispose]();
  // The turn is free again as soon as the one who waits is done, and no sooner.
  const comes = ask(queue.join(), "comes", 1, order);
  await Promise.all([waits, comes]);
  deepEqual(order, ["waits", "comes"]);
  equal(queue.taken, 0);
});

Deno.test("FairQueue forgets who gives up, and what a member that leaves waits for", async () => {
  const queue = new FairQueue(1);
  const holder = await queue.join().take();
  const [one, two] = [queue.join(), queue.join()];
  const controller = new AbortController();
  const given = one.take({ signal: controller.signal });
  const left = two.take();
  const stays = one.take();
  controller.abort();
  await rejects(given, { name: "InferenceError", reason: "cancelled" });
  two.leave();
  await rejects(left, { name: "InferenceError", reason: "cancelled" });
  await rejects(two.take(), { name: "InferenceError", reason: "cancelled" });
  equal(queue.waiting, 1);
  holder[Symbol.dispose]();
  using _turn = await stays;
  equal(queue.taken, 1);
});

async function ask(
  member: FairMember,
  name: string,
  times: number,
  order: string[],
): Promise<void> {
  await Promise.all(Array.from({ length: times }, async () => {
    using _turn = await member.take();
    order.push(name);
    await settle();
  }));
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
