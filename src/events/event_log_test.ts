import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import type { EventDraft, NumberedEvent } from "./event.ts";
import { EventLog } from "./event_log.ts";
import type { EventsConfig } from "./settings.ts";

const logger = getLogger(["test"]);

function open(
  dataDir: string | null,
  more: Partial<EventsConfig> = {},
  to = logger,
): Promise<EventLog> {
  return EventLog.open({ dataDir, keepDays: 30, keepGb: null, ...more }, [], to);
}

function draftOf(type: string, more: Partial<EventDraft> = {}): EventDraft {
  return {
    type,
    at: new Date().toISOString(),
    stream: "door",
    use_case: "u",
    sequence: 0,
    ...more,
  };
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function typesIn(log: EventLog): Promise<string[]> {
  const { events } = await log.ask("find", {}, 1000, null);
  return events.map(({ type }) => type).toReversed();
}

Deno.test("EventLog writes down what it is given, tells it, and has it after a restart", async () => {
  await withFolder(async (folder) => {
    const told: NumberedEvent[] = [];
    {
      await using log = await open(`${folder}/data`);
      using _subscription = log.subscribe((events) => told.push(...events));
      for (let n = 0; n < 5000; n++) log.append(draftOf("seen", { sequence: n }));
      equal(log.counts().waiting, 5000);
      await log.flush();
      deepEqual(log.counts(), { written: 5000, dropped: 0, waiting: 0, failures: 0 });
      deepEqual(told.map(({ event }) => event.sequence), Array.from({ length: 5000 }, (_, n) => n));
    }
    await using log = await open(`${folder}/data`);
    const { events } = await log.ask("find", { stream: "door" }, 1, null);
    deepEqual(events, [told.at(-1)!.event]);
  });
});

Deno.test("EventLog writes within its wait, without being told to", async () => {
  await withFolder(async (folder) => {
    await using log = await open(folder);
    const { promise, resolve } = Promise.withResolvers<readonly NumberedEvent[]>();
    using _subscription = log.subscribe(resolve);
    log.append(draftOf("seen"));
    equal((await promise)[0]?.event.type, "seen");
  });
});

Deno.test("EventLog closes what is open when it ends, and what a killed process left", async () => {
  await withFolder(async (folder) => {
    const start = draftOf("zone_entered", { opens: { key: "z", endsAs: "zone_left" } });
    {
      await using log = await open(folder);
      log.append(start);
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("testdata/append_and_hang.ts", import.meta.url).href,
        folder,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    // It tells when its event is written.
    const reader = child.stdout.getReader();
    await reader.read();
    await rejects(open(folder), new RegExp(`process id ${child.pid} uses it`));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await using log = await open(folder);
    const { events } = await log.ask("find", {}, 10, null);
    deepEqual(events.toReversed().map(({ type, reason }) => [type, reason]), [
      ["zone_entered", undefined],
      ["zone_left", "stop"],
      ["zone_entered", undefined],
      ["zone_left", "restart"],
    ]);
    equal(events[0]?.started_id, events[1]?.id);
  });
});

Deno.test("EventLog puts a damaged file aside, and saves what can be read of it", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    {
      await using log = await open(folder);
      for (let n = 0; n < 3000; n++) {
        log.append(draftOf("seen", { data: { words: "x".repeat(200) } }));
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
    await using log = await open(folder);
    log.append(draftOf("new"));
    await log.flush();
    deepEqual((await typesIn(log)).at(-1), "new");
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    ok(names.some((name) => name.startsWith("events.db.damaged-")), `${names}`);
  });
});

Deno.test("EventLog saves most events of a file whose middle is broken, with their numbers", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    let last = 0;
    {
      await using log = await open(folder);
      using _subscription = log.subscribe((events) => last = events.at(-1)!.seq);
      for (let n = 0; n < 3000; n++) {
        log.append(draftOf("seen", { data: { words: "x".repeat(200) } }));
      }
      await log.flush();
    }
    const { size } = await Deno.stat(path);
    using file = await Deno.open(path, { write: true });
    await file.seek(Math.floor(size / 3 / 4096) * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(40 * 4096).fill(0xa5));
    const { salvage } = await import("./salvage.ts");
    const { events, asidePath } = salvage(path, new Date());
    ok(events > 1000 && events < 3000, `${events} saved`);
    ok((await Deno.stat(asidePath)).isFile);
    await using log = await open(folder);
    const page = await log.ask("after", last - 1, 10);
    equal(page[0]?.seq, last, "the last one was readable, and has its number");
    log.append(draftOf("new"));
    await log.flush();
    const [made] = await log.ask("after", last, 10);
    ok(made!.seq > last + 1000, "a number is not given twice");
  });
});

Deno.test("EventLog in memory keeps the last 1,000, and closes what is open", async () => {
  await using log = await open(null);
  for (let n = 0; n < 1500; n++) log.append(draftOf("seen", { sequence: n }));
  await log.flush();
  const { events } = await log.ask("find", {}, 2000, null);
  equal(events.length, 1000);
  equal(events.at(-1)?.sequence, 500);
});

Deno.test("EventLog removes what is older than keep_days, by label too, when it starts and later", async () => {
  await withFolder(async (folder) => {
    {
      await using log = await open(folder);
      for (const label of [undefined, "person", "car"]) {
        for (const daysAgo of [3, 1]) {
          log.append(draftOf(`${label} ${daysAgo}`, {
            at: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
            ...(label !== undefined && { data: { label } }),
          }));
        }
      }
    }
    {
      await using log = await open(folder, {
        keepDays: 2,
        keepDaysByLabel: { person: 4, car: 0.5 },
      });
      while ((await typesIn(log)).length > 3) await log.flush();
      deepEqual((await typesIn(log)).toSorted(), ["person 1", "person 3", "undefined 1"]);
    }
    await using log = await open(folder, { keepDays: 2 });
    while ((await typesIn(log)).length > 2) await log.flush();
    deepEqual((await typesIn(log)).toSorted(), ["person 1", "undefined 1"]);
  });
});

Deno.test("EventLog takes 5,000 of one stream at a time, and those of others besides", async () => {
  await using log = await open(null);
  for (let n = 0; n < 6000; n++) log.append(draftOf("flood"));
  log.append(draftOf("seen", { stream: "gate" }));
  deepEqual(log.counts(), { written: 0, dropped: 1000, waiting: 5001, failures: 0 });
  await log.flush();
  log.append(draftOf("after"));
  await log.flush();
  equal(log.counts().dropped, 1000);
  const { events } = await log.ask("find", { type: "seen" }, 1, null);
  equal(events.length, 1);
});

Deno.test("EventLog says why it cannot keep events in a folder", async () => {
  await rejects(open("/dev/null/events"), (error: Error) => {
    match(error.message, /^Cannot keep events in \/dev\/null\/events: /);
    return true;
  });
});

Deno.test("EventLog has figures of what it wrote, and forgets a stream that was removed", async () => {
  await withFolder(async (folder) => {
    await using log = await open(folder);
    const person = {
      id: 1,
      label: "person",
      confidence: 1,
      box: { x: 0, y: 0, width: 1, height: 1 },
    };
    for (const stream of ["door", "gate"]) {
      log.append(draftOf("object_started", {
        ...{ stream, object: person, opens: { key: stream, endsAs: "object_ended" } },
      }));
    }
    await log.flush();
    const { byType, openObjects, bytes, writes, ...counts } = log.figures();
    deepEqual([...byType], [["object_started", 2]]);
    deepEqual([...openObjects], [["door", 1], ["gate", 1]]);
    deepEqual(counts, { written: 2, dropped: 0, waiting: 0, failures: 0 });
    const sizes = await Promise.all(
      ["events.db", "events.db-wal"].map(async (name) =>
        (await Deno.stat(`${folder}/${name}`)).size
      ),
    );
    equal(bytes, sizes[0]! + sizes[1]!);
    equal(writes.cumulative().at(-1), 1);
    ok(writes.sum > 0 && writes.sum < 60, `${writes.sum} s`);
    log.append(draftOf("seen", { stream: "gate" }));
    await log.closeStream("gate");
    deepEqual([...log.figures().openObjects], [["door", 1]]);
    const { events } = await log.ask("find", { stream: "gate" }, 9, null);
    deepEqual(events.map(({ type, reason }) => [type, reason]), [
      ["object_ended", "removed"],
      ["seen", undefined],
      ["object_started", undefined],
    ]);
  });
  await using inMemory = await open(null);
  equal(inMemory.figures().bytes, 0);
});

Deno.test("EventLog lets the oldest go when many streams have more to tell than may wait", async () => {
  using log = collectLog("events");
  const events = await open(null, {}, log.logger);
  const streams = Array.from({ length: 5 }, (_, n) => `s${n}`);
  for (const stream of streams.slice(0, 4)) {
    for (let n = 0; n < 5000; n++) ok(events.append(draftOf("seen", { stream, sequence: n })));
  }
  deepEqual(events.counts(), { written: 0, dropped: 0, waiting: 20_000, failures: 0 });
  ok(!events.append(draftOf("seen", { stream: "s0" })), "it has 5,000 already");
  ok(events.append(draftOf("seen", { stream: "s4" })));
  deepEqual(events.counts(), { written: 0, dropped: 2, waiting: 20_000, failures: 0 });
  // The oldest was of the first stream, which has room for one more.
  ok(events.append(draftOf("seen", { stream: "s0" })));
  events.drop(3);
  await events[Symbol.asyncDispose]();
  equal(events.counts().written, 20_000);
  deepEqual(log.levelled, [
    "info: Events are kept in memory only, the last 1000: set --data_dir",
    "error: 6 events were lost",
  ]);
});

Deno.test("EventLog prepares each event, gives it files, and sets numbers aside", async () => {
  await withFolder(async (folder) => {
    await using log = await open(folder);
    const ids: string[] = [];
    log.prepare = ({ id, ...draft }) => {
      ids.push(id);
      return { id, ...draft, data: { prepared: true } };
    };
    log.append(draftOf("seen"));
    const file = { name: "day/a.jpg", bytes: 7 };
    equal(await log.addFile(ids[0]!, "snapshot", file), true);
    equal(await log.addFile(crypto.randomUUID(), "snapshot", file), false);
    const { events } = await log.ask("find", {}, 9, null);
    deepEqual([events[0]?.id, events[0]?.data], [ids[0], { prepared: true }]);
    deepEqual(await log.ask("fileOf", ids[0]!, "snapshot"), file);
    deepEqual([await log.reserve("a", 5), await log.reserve("a", 1), await log.reserve("b", 1)], [
      ...[1, 6, 1],
    ]);
  });
});

Deno.test("EventLog tells no listener that has gone, and closes once", async () => {
  const told: string[] = [];
  const log = await open(null);
  const subscription = log.subscribe((events) =>
    told.push(...events.map(({ event }) => event.type))
  );
  log.append(draftOf("first", { opens: { key: "k", endsAs: "last" } }));
  await log.flush();
  await log.close();
  await log.close();
  subscription[Symbol.dispose]();
  log.append(draftOf("unheard"));
  await log.flush();
  deepEqual(told, ["first", "last"]);
  deepEqual(await typesIn(log), ["first", "last", "unheard"]);
  await log[Symbol.asyncDispose]();
});

Deno.test("EventLog keeps no more bytes than keep_gb says, the newest", async () => {
  await withFolder(async (folder) => {
    await using log = await open(folder, { keepGb: 0.0005 });
    for (let n = 0; n < 3000; n++) {
      log.append(draftOf("seen", { sequence: n, data: { words: "x".repeat(300) } }));
    }
    await log.flush();
    ok(await log.ask("usedBytes") > 1e6);
  });
  await withFolder(async (folder) => {
    {
      await using log = await open(folder);
      for (let n = 0; n < 3000; n++) {
        log.append(draftOf("seen", { sequence: n, data: { words: "x".repeat(300) } }));
      }
    }
    await using log = await open(folder, { keepGb: 0.0005 });
    while (await log.ask("usedBytes") > 0.5e6) await log.flush();
    const { events } = await log.ask("find", {}, 3000, null);
    ok(events.length > 100, `${events.length} are kept`);
    equal(events[0]?.sequence, 2999);
  });
});

Deno.test("EventLog says what it saved of a damaged file, and that its file is gone", async () => {
  await withFolder(async (folder) => {
    using log = collectLog("events");
    await Deno.writeTextFile(
      `${folder}/events.db`,
      "no database at all, but some words".repeat(200),
    );
    {
      await using events = await open(folder, {}, log.logger);
      equal(log.levelled.length, 1);
      match(
        log.levelled[0]!,
        /^error: The event log was damaged: 0 events were saved, the damaged file is .*\.damaged-/,
      );
      events.append(draftOf("seen"));
      await events.flush();
      deepEqual(await typesIn(events), ["seen"], "the reader sees the new one");
    }
    log.levelled.length = 0;
    await using events = await open(`${folder}/data`, {}, log.logger);
    events.append(draftOf("lost"));
    await events.flush();
    deepEqual(await typesIn(events), ["lost"]);
    await Deno.remove(`${folder}/data`, { recursive: true });
    // It is looked for once a second.
    await poll("it is told", async () => {
      events.append(draftOf("seen"));
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
  await withFolder(async (folder) => {
    await using log = await open(folder);
    await rejects(log.ask("find", {}, "no number" as never, null));
    log.append(draftOf("seen"));
    await log.flush();
    deepEqual(await typesIn(log), ["seen"]);
  });
  await using inMemory = await open(null);
  equal(await inMemory.ask("usedBytes") > 0, true);
});

Deno.test("EventLog says why it cannot write, and counts what waits at the end as lost", async () => {
  await withFolder(async (folder) => {
    using log = collectLog("events");
    const events = await open(folder, {}, log.logger);
    events.append(draftOf("seen", { at: "no time at all" }));
    events.append(draftOf("seen"));
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
  await withFolder(async (folder) => {
    const path = `${folder}/events.db`;
    const wordy = { data: { words: "x".repeat(200) } };
    {
      await using log = await open(folder);
      for (let n = 0; n < 3000; n++) log.append(draftOf("seen", wordy));
    }
    const { size } = await Deno.stat(path);
    {
      using file = await Deno.open(path, { write: true });
      // A tenth at the end: pages that lead to others lie before it.
      await file.seek(Math.floor(0.9 * size / 4096) * 4096, Deno.SeekMode.Start);
      await file.write(new Uint8Array(Math.floor(size / 10)).fill(0xa5));
    }
    using log = collectLog("events");
    await using events = await open(folder, {}, log.logger);
    for (let n = 0; n < 20 && log.levelled.length === 0; n++) {
      for (let one = 0; one < 100; one++) events.append(draftOf("seen", wordy));
      await events.flush();
      await events.ask("find", { type: "seen" }, 100_000, null);
    }
    equal(log.levelled.length, 1);
    match(log.levelled[0]!, /^error: The event log was damaged: [1-9]\d* events were saved, the /);
    events.append(draftOf("after"));
    await events.flush();
    const { events: found } = await events.ask("find", { type: "after" }, 9, null);
    equal(found.length, 1);
  });
});
