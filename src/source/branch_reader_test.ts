import assert from "node:assert/strict";
import { frameOf } from "../../tests/support/samples.ts";
import { BranchReader } from "./branch_reader.ts";
import type { SourceFrame } from "./source.ts";

/** A branch whose frames come when the test says so. */
class Branch {
  readonly reader: BranchReader;
  /** Sequences of frames that were given back. */
  readonly released: number[] = [];
  #asked = Promise.withResolvers<PromiseWithResolvers<SourceFrame | null>>();

  constructor() {
    this.reader = new BranchReader(() => {
      const asking = Promise.withResolvers<SourceFrame | null>();
      this.#asked.resolve(asking);
      return asking.promise;
    });
  }

  /** Resolves once the branch is read, and answers with this frame. */
  async give(sequence: number | null): Promise<void> {
    (await this.#take()).resolve(sequence === null ? null : this.#frame(sequence));
  }

  async fail(error: Error): Promise<void> {
    (await this.#take()).reject(error);
  }

  async #take(): Promise<PromiseWithResolvers<SourceFrame | null>> {
    const asking = await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    return asking;
  }

  #frame(sequence: number): SourceFrame {
    return frameOf({
      sequence,
      data: new Uint8Array(1),
      release: () => void this.released.push(sequence),
    });
  }
}

Deno.test("BranchReader gives frames to the taker of the branch, and drains it afterwards", async () => {
  const branch = new Branch();
  {
    using taking = branch.reader.take(new AbortController().signal);
    const next = taking.next();
    await branch.give(0);
    assert.equal((await next)?.sequence, 0);
  }
  await branch.give(1);
  await branch.give(2);
  await branch.give(null);
  assert.deepEqual(branch.released, [1, 2]);
  assert.equal(branch.reader.ended, true);
});

Deno.test("BranchReader: a frame that comes after its taker has left is for the next one", async () => {
  const branch = new Branch();
  const stop = new AbortController();
  const left = branch.reader.take(stop.signal);
  const unanswered = left.next();
  stop.abort();
  assert.equal(await unanswered, null);
  left[Symbol.dispose]();
  using taking = branch.reader.take(new AbortController().signal);
  const next = taking.next();
  await branch.give(5);
  assert.equal((await next)?.sequence, 5);
  const end = taking.next();
  await branch.give(null);
  assert.equal(await end, null);
  assert.deepEqual(branch.released, []);
});

Deno.test("BranchReader: a branch is read no further than its end", async () => {
  const branch = new Branch();
  const { signal } = new AbortController();
  using first = branch.reader.take(signal);
  const end = first.next();
  await branch.give(null);
  assert.equal(await end, null);
  using second = branch.reader.take(signal);
  assert.equal(await second.next(), null);
  assert.equal(await second.next(), null);
});

Deno.test("BranchReader tells its reader of an error, and none while it drains", async () => {
  const branch = new Branch();
  {
    using taking = branch.reader.take(new AbortController().signal);
    const next = taking.next();
    await branch.fail(new Error("it broke"));
    await assert.rejects(next, { message: "it broke" });
    assert.equal(branch.reader.ended, true);
  }
  const drained = new Branch();
  const draining = drained.reader.drain();
  await drained.fail(new Error("it broke"));
  await draining;
  assert.equal(drained.reader.ended, true);
});

Deno.test("BranchReader gives each frame back once, however often it was taken and left", async () => {
  const branch = new Branch();
  void branch.reader.drain();
  for (let round = 0; round < 3; round++) {
    branch.reader.take(new AbortController().signal)[Symbol.dispose]();
  }
  for (const sequence of [0, 1]) await branch.give(sequence);
  await branch.give(null);
  assert.deepEqual(branch.released, [0, 1]);
});

Deno.test("BranchReader reads nothing for who has given up already", async () => {
  let reads = 0;
  const reader = new BranchReader(() => {
    reads++;
    return Promise.resolve(null);
  });
  using taking = reader.take(AbortSignal.abort());
  assert.equal(await taking.next(), null);
  assert.equal(reads, 0);
});

Deno.test("BranchReader keeps a frame that came when its taker had given up for the next one", async () => {
  const branch = new Branch();
  const stop = new AbortController();
  const unanswered = branch.reader.take(stop.signal).next();
  stop.abort();
  await branch.give(5);
  assert.equal(await unanswered, null);
  using taking = branch.reader.take(new AbortController().signal);
  void branch.give(6);
  assert.equal((await taking.next())?.sequence, 5);
});

Deno.test("BranchReader drains frames that nobody has to give back, too", async () => {
  const frames = [0, 1].map((sequence) => frameOf({ sequence, data: new Uint8Array(1) }));
  const reader = new BranchReader(() => Promise.resolve(frames.shift() ?? null));
  await reader.drain();
  assert.deepEqual([frames.length, reader.ended], [0, true]);
});
