/** Events in a file: each once, in order, over rotations, torn lines and a full disk. */

import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { poll } from "../../../tests/support/poll.ts";
import { withDelivery } from "../../../tests/support/with_delivery.ts";
import { withFiles } from "../../../tests/support/with_files.ts";
import type { Message } from "../destination.ts";
import { eventsFile } from "./events_file.ts";

async function indices(path: string): Promise<number[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line).data.index);
}

async function names(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).toSorted();
}

Deno.test("events are appended to a file, which is put aside when it is large", async () => {
  await withFiles({ "events.jsonl": "" }, async (directory) => {
    const path = `${directory}/events.jsonl`;
    const sink = { jsonl_events: { path, max_file_mb: 0.002, keep_files: 2 } };
    await withDelivery(sink, async ({ tell, drained }) => {
      for (let round = 0; round < 6; round++) {
        await tell(5);
        await drained();
      }
    });
    const [current, ...aside] = await names(directory);
    equal(current, "events.jsonl");
    equal(aside.length, 2, "the newest two that were put aside are kept");
    const kept = [];
    for (const name of [...aside, current]) kept.push(...await indices(`${directory}/${name}`));
    deepEqual(kept, Array.from({ length: kept.length }, (_, index) => 30 - kept.length + index));
    for (const name of aside) ok((await Deno.stat(`${directory}/${name}`)).size <= 2000);
  });
});

Deno.test("a file of another day is put aside, and a torn line is closed", async () => {
  await withFiles({ "events.jsonl": '{"torn' }, async (directory) => {
    const path = `${directory}/events.jsonl`;
    await withDelivery(`jsonl+events:${path}`, async ({ tell, drained }) => {
      await tell(1);
      await drained();
    });
    const [torn, line] = (await Deno.readTextFile(path)).split("\n");
    equal(torn, '{"torn');
    equal(JSON.parse(line!).data.index, 0);
    await Deno.utime(path, new Date(Date.now() - 86_400_000), new Date(Date.now() - 86_400_000));
    await withDelivery(
      { jsonl_events: { path, rotate_daily: true } },
      async ({ tell, drained }) => {
        await tell(1);
        await drained();
      },
    );
    equal((await names(directory)).length, 2);
    deepEqual(await indices(path), [0]);
  });
});

Deno.test(
  "a disk that takes nothing is tried again",
  { ignore: Deno.build.os !== "linux" },
  async () => {
    await withDelivery("jsonl+events:/dev/full", async ({ tell, outbox }) => {
      await tell(3);
      await poll("a failure", () => Promise.resolve(outbox.counts().lastError !== null));
      equal(outbox.counts().lastError, "no space left on device");
      equal(outbox.counts().waiting, 3);
    });
  },
);

/** Sends lines of ten bytes to a file, so many at a time, and tells what is in which file then. */
async function rotated(
  settings: Parameters<typeof eventsFile.open>[1],
  writes: readonly number[],
): Promise<number[]> {
  let left: number[] = [];
  await withFiles({}, async (directory) => {
    const path = `${directory}/events.jsonl`;
    await using file = await eventsFile.open(path, settings, {} as never);
    for (const lines of writes) {
      await file.send(
        Array.from({ length: lines }, () => ({ json: "123456789" })) as unknown as Message[],
        new AbortController().signal,
      );
      // Names tell milliseconds.
      const now = Date.now();
      while (Date.now() === now) await new Promise((resolve) => setTimeout(resolve));
    }
    const [current, ...aside] = await names(directory);
    left = await Promise.all([...aside, current].map(async (name) => {
      return (await Deno.stat(`${directory}/${name}`)).size;
    }));
  });
  return left;
}

Deno.test("a file is put aside when it would be larger than it may, and no sooner", async () => {
  // A thousand bytes at the most.
  const max_file_mb = 0.001;
  deepEqual(await rotated({ max_file_mb }, [50, 50]), [1000]);
  deepEqual(await rotated({ max_file_mb }, [50, 51]), [500, 510]);
  deepEqual(await rotated({ max_file_mb }, [200, 1]), [2000, 10], "one write stays together");
  deepEqual(await rotated({}, [200, 1]), [2010]);
  deepEqual(await rotated({ rotate_daily: true }, [200, 1]), [2010], "it is of today");
});

Deno.test("of the files that were put aside so many are kept, the newest", async () => {
  const settings = { max_file_mb: 0.001 };
  const writes = [91, 92, 93, 94];
  deepEqual(await rotated(settings, writes), [910, 920, 930, 940]);
  deepEqual(await rotated({ ...settings, keep_files: 2 }, writes), [920, 930, 940]);
  deepEqual(await rotated({ ...settings, keep_files: 1 }, writes), [930, 940]);
});

Deno.test("a file of another day that is empty stays where it is", async () => {
  await withFiles({ "events.jsonl": "" }, async (directory) => {
    const path = `${directory}/events.jsonl`;
    await Deno.utime(path, new Date(0), new Date(0));
    await using file = await eventsFile.open(path, { rotate_daily: true }, {} as never);
    await file.send([{ json: "1" }] as unknown as Message[], new AbortController().signal);
    deepEqual(await names(directory), ["events.jsonl"]);
  });
});

Deno.test("a file's folder is asked for, tried out, and left as it was", async () => {
  await withFiles({}, async (directory) => {
    const path = `${directory}/events.jsonl`;
    deepEqual(eventsFile.needs!(path, {}), { read: [directory], write: [directory] });
    await using file = await eventsFile.open(path, {}, {} as never);
    const { signal } = new AbortController();
    equal(await file.check(signal), `${directory} can be written`);
    deepEqual(await names(directory), []);
    await file.sendRecords!(["1", "2"], signal);
    equal(await Deno.readTextFile(path), "1\n2\n");
    await using none = await eventsFile.open(`${directory}/none/events.jsonl`, {}, {} as never);
    await rejects(none.check(signal));
    await rejects(none.sendRecords!(["1"], signal), { failure: "unavailable" });
  });
});

Deno.test("of other names than a file's own, with the time it was put aside, none is removed", async () => {
  const others = ["events.jsonl.bak", "other.jsonl.20200101T000000000Z", "events.jsonl.2020"];
  const files = Object.fromEntries(others.map((name) => [name, "x"]));
  await withFiles(files, async (directory) => {
    const settings = { max_file_mb: 0.001, keep_files: 1 };
    await using file = await eventsFile.open(`${directory}/events.jsonl`, settings, {} as never);
    for (let write = 0; write < 3; write++) {
      await file.sendRecords!(["x".repeat(990)], new AbortController().signal);
      const now = Date.now();
      while (Date.now() === now) await new Promise((resolve) => setTimeout(resolve));
    }
    const left = await names(directory);
    equal(left.length, others.length + 2);
    for (const name of others) ok(left.includes(name), name);
  });
});
