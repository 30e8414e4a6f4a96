import { deepEqual, equal } from "node:assert/strict";
import { Channel } from "./channel.ts";

Deno.test("Channel gives items in the order in which they were sent, at once where they are there", () => {
  const channel = new Channel<number>();
  for (const item of [1, 2, 3]) channel.send(item);
  equal(channel.size, 3);
  deepEqual([channel.receive(), channel.receive(), channel.receive()], [1, 2, 3]);
});

Deno.test("Channel with room for one gives a slow receiver only the newest item", () => {
  const channel = new Channel<number>(1);
  for (let item = 0; item < 5; item++) channel.send(item);
  equal(channel.receive(), 4);
  equal(channel.size, 0);
});

Deno.test("Channel wakes a receiver that waits", async () => {
  const channel = new Channel<number>(1);
  const received = channel.receive();
  equal(channel.isAwaited, true);
  channel.send(1);
  equal(channel.isAwaited, false);
  channel.send(2);
  deepEqual([await received, channel.receive()], [1, 2]);
});

Deno.test("Channel.close() ends a receiver that waits, and takes nothing more", async () => {
  const channel = new Channel<number>();
  const received = channel.receive();
  channel.close();
  equal(await received, null);
  equal(channel.isAwaited, false);
  channel.send(1);
  equal(channel.receive(), null);
});

Deno.test("Channel.close() leaves what waits, Channel.clear() drops it", () => {
  const channel = new Channel<number>();
  channel.send(1);
  channel.close();
  deepEqual([channel.receive(), channel.receive()], [1, null]);
  const cleared = new Channel<number>();
  cleared.send(1);
  cleared.clear();
  cleared.close();
  equal(cleared.receive(), null);
});
