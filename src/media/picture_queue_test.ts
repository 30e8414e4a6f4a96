import { deepEqual, rejects } from "node:assert/strict";
import { PictureQueue } from "./picture_queue.ts";

/** A queue whose one place is taken, and what is done once it is free. */
function busyQueue() {
  const queue = new PictureQueue({ atOnce: 1 });
  const done: string[] = [];
  const { promise, resolve: free } = Promise.withResolvers<void>();
  const first = queue.run(() => promise);
  const add = (name: string, isUrgent?: () => boolean) =>
    queue.run(() => Promise.resolve(done.push(name)), isUrgent).then(() => {}, ({ message }) => {
      done.push(`${name}: ${message}`);
    });
  return { queue, done, add, free: () => (free(), first) };
}

Deno.test("PictureQueue takes what events wait for first, and the newest of that", async () => {
  const { done, add, free } = busyQueue();
  let isAsked = false;
  const all = [add("a"), add("b", () => isAsked), add("c", () => false), add("d")];
  isAsked = true;
  await free();
  await Promise.all(all);
  deepEqual(done, ["d", "b", "a", "c"]);
});

Deno.test("PictureQueue gives up what no event waits for, then the oldest; each is told", async () => {
  const { done, add, free } = busyQueue();
  const all = [add("old"), add("spare", () => false)];
  for (let index = 0; index < 64; index++) all.push(add(`${index}`));
  await free();
  await Promise.all(all);
  const message = "Cannot make a picture: 64 newer ones wait";
  deepEqual(done.slice(0, 3), [`spare: ${message}`, `old: ${message}`, "63"]);
  deepEqual(done.length, 66);
});

Deno.test("PictureQueue does as much at once as it may, again and again", async () => {
  const queue = new PictureQueue({ atOnce: 2 });
  for (let round = 0; round < 3; round++) {
    const { promise, resolve: free } = Promise.withResolvers<void>();
    const begun: number[] = [];
    const work = [0, 1, 2].map((name) => queue.run(() => (begun.push(name), promise)));
    deepEqual(begun, [0, 1]);
    free();
    await Promise.all(work);
    deepEqual(begun, [0, 1, 2]);
  }
});

Deno.test("PictureQueue leaves half of the cores to the cameras, and has one at least", async () => {
  const had = Object.getOwnPropertyDescriptor(navigator, "hardwareConcurrency");
  for (const [cores, atOnce] of [[1, 1], [2, 1], [7, 3]] as const) {
    Object.defineProperty(navigator, "hardwareConcurrency", { value: cores, configurable: true });
    const queue = new PictureQueue();
    if (had) Object.defineProperty(navigator, "hardwareConcurrency", had);
    else Reflect.deleteProperty(navigator, "hardwareConcurrency");
    const { promise, resolve: free } = Promise.withResolvers<void>();
    let begun = 0;
    const work = Array.from({ length: 9 }, () => queue.run(() => (begun++, promise)));
    deepEqual(begun, atOnce);
    free();
    await Promise.all(work);
  }
});

Deno.test("PictureQueue takes the newest where no event waits for any", async () => {
  const { done, add, free } = busyQueue();
  const all = ["a", "b", "c"].map((name) => add(name, () => false));
  await free();
  await Promise.all(all);
  deepEqual(done, ["c", "b", "a"]);
});

Deno.test("PictureQueue begins nothing once it is closed", async () => {
  const { queue, done, add, free } = busyQueue();
  const waiting = add("a");
  queue.close();
  await waiting;
  deepEqual(done, ["a: Cannot make a picture: Sightline ends"]);
  await rejects(queue.run(() => Promise.resolve()), { message: /Sightline ends/ });
  await free();
});

Deno.test("PictureQueue gives up what has waited for too long, and does the rest", async () => {
  let nowMs = 0;
  const queue = new PictureQueue({ atOnce: 1, longestMs: 20_000, now: () => nowMs });
  const { promise, resolve: free } = Promise.withResolvers<void>();
  const first = queue.run(() => promise);
  let begunLate = false;
  const old = rejects(queue.run(() => Promise.resolve(begunLate = true)), {
    message: "Cannot make a picture: it waited for 20 s",
  });
  nowMs = 1;
  const young = queue.run(() => Promise.resolve("young"));
  nowMs = 20_001;
  free();
  await first;
  await old;
  deepEqual(await young, "young");
  deepEqual(begunLate, false);
});
