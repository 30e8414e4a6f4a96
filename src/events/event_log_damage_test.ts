/** The event log on a disk or file that fails. */

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { draftNow, draftOf, openLog, typesIn } from "../../tests/support/events.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import { withFiles } from "../../tests/support/with_files.ts";
import { EventStore } from "./event_store.ts";
import { salvage } from "./salvage.ts";

Deno.test("EventLog puts a damaged file aside, and saves what can be read of it", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/events.db`;
    {
      await using log = await openLog(folder);
      for (let n = 0; n < 3000; n++) {
        log.append(draftNow("seen", { data: { words: "x".repeat(200) } }));
      }
    }
    using file = await Deno.open(path, { write: true });
    const { size } = await Deno.stat(path);
    await file.seek(Math.floor(size / 2 / 4096) * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(8192).fill(0xa5));
    {
      // The middle of it is found out when it is read, the beginning when it is opened.
      await file.seek(0, Deno.SeekMode.Start);
      await file.write(new TextEncoder().encode("no database at all"));
    }
    await using log = await openLog(folder);
    log.append(draftNow("new"));
    await log.flush();
    deepEqual((await typesIn(log)).at(-1), "new");
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    ok(names.some((name) => name.startsWith("events.db.damaged-")), `${names}`);
  });
});

Deno.test("EventLog saves most events of a file whose middle is broken, with their numbers", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/events.db`;
    let last = 0;
    {
      await using log = await openLog(folder);
      using _subscription = log.subscribe((events) => last = events.at(-1)!.seq);
      for (let n = 0; n < 3000; n++) {
        log.append(draftNow("seen", { data: { words: "x".repeat(200) } }));
      }
      await log.flush();
    }
    const { size } = await Deno.stat(path);
    using file = await Deno.open(path, { write: true });
    await file.seek(Math.floor(size / 3 / 4096) * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(40 * 4096).fill(0xa5));
    const { events, asidePath } = salvage(path, new Date());
    ok(events > 1000 && events < 3000, `${events} saved`);
    ok((await Deno.stat(asidePath)).isFile);
    await using log = await openLog(folder);
    const page = await log.ask("after", last - 1, 10);
    equal(page[0]?.seq, last, "the last one was readable, and has its number");
    log.append(draftNow("new"));
    await log.flush();
    const [made] = await log.ask("after", last, 10);
    ok(made!.seq > last + 1000, "a number is not given twice");
  });
});

Deno.test("EventLog says why it cannot keep events in a folder", async () => {
  await rejects(openLog("/dev/null/events"), (error: Error) => {
    match(error.message, /^Cannot keep events in \/dev\/null\/events: /);
    return true;
  });
});

Deno.test("EventLog says what it saved of a damaged file, and that its file is gone", async () => {
  await withFiles({}, async (folder) => {
    using log = collectLog("events");
    await Deno.writeTextFile(
      `${folder}/events.db`,
      "no database at all, but some words".repeat(200),
    );
    {
      await using events = await openLog(folder, {}, log.logger);
      equal(log.levelled.length, 1);
      match(
        log.levelled[0]!,
        /^error: The event log was damaged: 0 events were saved, the damaged file is .*\.damaged-/,
      );
      events.append(draftNow("seen"));
      await events.flush();
      deepEqual(await typesIn(events), ["seen"], "the reader sees the new one");
    }
    log.levelled.length = 0;
    await using events = await openLog(`${folder}/data`, {}, log.logger);
    events.append(draftNow("lost"));
    await events.flush();
    deepEqual(await typesIn(events), ["lost"]);
    await Deno.remove(`${folder}/data`, { recursive: true });
    // It is looked for once a second.
    await poll("it is told", async () => {
      events.append(draftNow("seen"));
      await events.flush();
      return log.levelled.length > 0;
    });
    deepEqual(log.levelled, [
      "error: The event log was removed: another one is begun in its place",
    ]);
    const types = new Set(await typesIn(events));
    deepEqual([...types], ["seen"]);
  });
});

Deno.test("EventLog passes on an error that no other thread would mend", async () => {
  await withFiles({}, async (folder) => {
    await using log = await openLog(folder);
    await rejects(log.ask("find", {}, "no number" as never, null));
    log.append(draftNow("seen"));
    await log.flush();
    deepEqual(await typesIn(log), ["seen"]);
  });
  await using inMemory = await openLog(null);
  equal(await inMemory.ask("usedBytes") > 0, true);
});

Deno.test("EventLog says why it cannot write, and counts what waits at the end as lost", async () => {
  await withFiles({}, async (folder) => {
    using log = collectLog("events");
    const events = await openLog(folder, {}, log.logger);
    events.append(draftNow("seen", { at: "no time at all" }));
    events.append(draftNow("seen"));
    await poll("a failure", () => events.counts().failures > 0);
    deepEqual(events.counts(), { written: 0, dropped: 0, waiting: 2, failures: 1 });
    equal(log.levelled.length, 1);
    match(log.levelled[0]!, /^error: Cannot write events down: [^()]*; 2 wait, 0 are lost$/);
    await events[Symbol.asyncDispose]();
    // The second failure within ten seconds is no line.
    deepEqual(log.levelled.slice(1), ["error: 2 events were lost"]);
  });
});

Deno.test("EventLog mends a file that turns out to be damaged while it is used, and says so", async () => {
  await withFiles({}, async (folder) => {
    const path = `${folder}/events.db`;
    const wordy = { data: { words: "x".repeat(200) } };
    {
      await using log = await openLog(folder);
      for (let n = 0; n < 3000; n++) log.append(draftNow("seen", wordy));
    }
    const { size } = await Deno.stat(path);
    {
      using file = await Deno.open(path, { write: true });
      // A tenth at the end: pages that lead to others lie before it.
      await file.seek(Math.floor(0.9 * size / 4096) * 4096, Deno.SeekMode.Start);
      await file.write(new Uint8Array(Math.floor(size / 10)).fill(0xa5));
    }
    using log = collectLog("events");
    await using events = await openLog(folder, {}, log.logger);
    for (let n = 0; n < 20 && log.levelled.length === 0; n++) {
      for (let one = 0; one < 100; one++) events.append(draftNow("seen", wordy));
      await events.flush();
      await events.ask("find", { type: "seen" }, 100_000, null);
    }
    equal(log.levelled.length, 1);
    match(log.levelled[0]!, /^error: The event log was damaged: [1-9]\d* events were saved, the /);
    events.append(draftNow("after"));
    await events.flush();
    const { events: found } = await events.ask("find", { type: "after" }, 9, null);
    equal(found.length, 1);
  });
});

Deno.test("salvage() keeps open what was open, and knows what survives a restart", async () => {
  await withFiles({}, (folder) => {
    const path = `${folder}/events.db`;
    const opens = (key: string, survives: boolean) => ({ key, endsAs: `${key}_ended`, survives });
    {
      using store = new EventStore(path);
      store.append([
        draftOf("lost", 1000, { opens: opens("away", true) }),
        draftOf("seen", 2000, { opens: opens("object", false) }),
      ]);
    }
    equal(salvage(path, new Date()).events, 2);
    using store = new EventStore(path);
    deepEqual(store.openKeys().toSorted(), ["away", "object"]);
    const closed = store.closeAll("restart", new Date(9000).toISOString(), ["door"]);
    deepEqual(closed.map(({ event }) => [event.type, event.duration_ms]), [["object_ended", 7000]]);
    deepEqual(store.openKeys(), ["away"]);
    return Promise.resolve();
  });
});
