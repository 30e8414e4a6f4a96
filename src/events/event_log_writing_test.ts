import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { draftNow, openLog, typesIn } from "../../tests/support/events.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { withFiles } from "../../tests/support/with_files.ts";
import type { NumberedEvent } from "./event.ts";

Deno.test("EventLog writes down what it is given, tells it, and has it after a restart", async () => {
  await withFiles({}, async (folder) => {
    const told: NumberedEvent[] = [];
    {
      await using log = await openLog(`${folder}/data`);
      using _subscription = log.subscribe((events) => told.push(...events));
      for (let n = 0; n < 5000; n++) log.append(draftNow("seen", { sequence: n }));
      equal(log.counts().waiting, 5000);
      await log.flush();
      deepEqual(log.counts(), { written: 5000, dropped: 0, waiting: 0, failures: 0 });
      deepEqual(told.map(({ event }) => event.sequence), Array.from({ length: 5000 }, (_, n) => n));
    }
    await using log = await openLog(`${folder}/data`);
    const { events } = await log.ask("find", { stream: "door" }, 1, null);
    deepEqual(events, [told.at(-1)!.event]);
  });
});

Deno.test("EventLog writes within its wait, without being told to", async () => {
  await withFiles({}, async (folder) => {
    await using log = await openLog(folder);
    const { promise, resolve } = Promise.withResolvers<readonly NumberedEvent[]>();
    using _subscription = log.subscribe(resolve);
    log.append(draftNow("seen"));
    equal((await promise)[0]?.event.type, "seen");
  });
});

Deno.test("EventLog closes what is open when it ends, and what a killed process left", async () => {
  await withFiles({}, async (folder) => {
    const start = draftNow("zone_entered", { opens: { key: "z", endsAs: "zone_left" } });
    {
      await using log = await openLog(folder);
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
    await rejects(openLog(folder), new RegExp(`process id ${child.pid} uses it`));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    await using log = await openLog(folder);
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

Deno.test("EventLog in memory keeps the last 1,000, and closes what is open", async () => {
  await using log = await openLog(null);
  for (let n = 0; n < 1500; n++) log.append(draftNow("seen", { sequence: n }));
  await log.flush();
  const { events } = await log.ask("find", {}, 2000, null);
  equal(events.length, 1000);
  equal(events.at(-1)?.sequence, 500);
});

Deno.test("EventLog removes what is older than keep_days, by label too, when it starts and later", async () => {
  await withFiles({}, async (folder) => {
    {
      await using log = await openLog(folder);
      for (const label of [undefined, "person", "car"]) {
        for (const daysAgo of [3, 1]) {
          log.append(draftNow(`${label} ${daysAgo}`, {
            at: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
            ...(label !== undefined && { data: { label } }),
          }));
        }
      }
    }
    {
      await using log = await openLog(folder, {
        keepDays: 2,
        keepDaysByLabel: { person: 4, car: 0.5 },
      });
      while ((await typesIn(log)).length > 3) await log.flush();
      deepEqual((await typesIn(log)).toSorted(), ["person 1", "person 3", "undefined 1"]);
    }
    await using log = await openLog(folder, { keepDays: 2 });
    while ((await typesIn(log)).length > 2) await log.flush();
    deepEqual((await typesIn(log)).toSorted(), ["person 1", "undefined 1"]);
  });
});

Deno.test("EventLog takes 5,000 of one stream at a time, and those of others besides", async () => {
  await using log = await openLog(null);
  for (let n = 0; n < 6000; n++) log.append(draftNow("flood"));
  log.append(draftNow("seen", { stream: "gate" }));
  deepEqual(log.counts(), { written: 0, dropped: 1000, waiting: 5001, failures: 0 });
  await log.flush();
  log.append(draftNow("after"));
  await log.flush();
  equal(log.counts().dropped, 1000);
  const { events } = await log.ask("find", { type: "seen" }, 1, null);
  equal(events.length, 1);
});

Deno.test("EventLog has figures of what it wrote, and forgets a stream that was removed", async () => {
  await withFiles({}, async (folder) => {
    await using log = await openLog(folder);
    const person = {
      id: 1,
      label: "person",
      confidence: 1,
      box: { x: 0, y: 0, width: 1, height: 1 },
    };
    for (const stream of ["door", "gate"]) {
      log.append(draftNow("object_started", {
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
    log.append(draftNow("seen", { stream: "gate" }));
    await log.closeStream("gate");
    deepEqual([...log.figures().openObjects], [["door", 1]]);
    const { events } = await log.ask("find", { stream: "gate" }, 9, null);
    deepEqual(events.map(({ type, reason }) => [type, reason]), [
      ["object_ended", "removed"],
      ["seen", undefined],
      ["object_started", undefined],
    ]);
  });
  await using inMemory = await openLog(null);
  equal(inMemory.figures().bytes, 0);
});

Deno.test("EventLog lets the oldest go when many streams have more to tell than may wait", async () => {
  using log = collectLog("events");
  const events = await openLog(null, {}, log.logger);
  const streams = Array.from({ length: 5 }, (_, n) => `s${n}`);
  for (const stream of streams.slice(0, 4)) {
    for (let n = 0; n < 5000; n++) ok(events.append(draftNow("seen", { stream, sequence: n })));
  }
  deepEqual(events.counts(), { written: 0, dropped: 0, waiting: 20_000, failures: 0 });
  ok(!events.append(draftNow("seen", { stream: "s0" })), "it has 5,000 already");
  ok(events.append(draftNow("seen", { stream: "s4" })));
  deepEqual(events.counts(), { written: 0, dropped: 2, waiting: 20_000, failures: 0 });
  // The oldest was of the first stream, which has room for one more.
  ok(events.append(draftNow("seen", { stream: "s0" })));
  events.drop(3);
  await events[Symbol.asyncDispose]();
  equal(events.counts().written, 20_000);
  deepEqual(log.levelled, [
    "info: Events are kept in memory only, the last 1000: set --data_dir",
    "error: 6 events were lost",
  ]);
});

Deno.test("EventLog prepares each event, gives it files, and sets numbers aside", async () => {
  await withFiles({}, async (folder) => {
    await using log = await openLog(folder);
    const ids: string[] = [];
    log.prepare = ({ id, ...draft }) => {
      ids.push(id);
      return { id, ...draft, data: { prepared: true } };
    };
    log.append(draftNow("seen"));
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
  const log = await openLog(null);
  const subscription = log.subscribe((events) =>
    told.push(...events.map(({ event }) => event.type))
  );
  log.append(draftNow("first", { opens: { key: "k", endsAs: "last" } }));
  await log.flush();
  await log.close();
  await log.close();
  subscription[Symbol.dispose]();
  log.append(draftNow("unheard"));
  await log.flush();
  deepEqual(told, ["first", "last"]);
  deepEqual(await typesIn(log), ["first", "last", "unheard"]);
  await log[Symbol.asyncDispose]();
});

Deno.test("EventLog keeps no more bytes than keep_gb says, the newest", async () => {
  await withFiles({}, async (folder) => {
    await using log = await openLog(folder, { keepGb: 0.0005 });
    for (let n = 0; n < 3000; n++) {
      log.append(draftNow("seen", { sequence: n, data: { words: "x".repeat(300) } }));
    }
    await log.flush();
    ok(await log.ask("usedBytes") > 1e6);
  });
  await withFiles({}, async (folder) => {
    {
      await using log = await openLog(folder);
      for (let n = 0; n < 3000; n++) {
        log.append(draftNow("seen", { sequence: n, data: { words: "x".repeat(300) } }));
      }
    }
    await using log = await openLog(folder, { keepGb: 0.0005 });
    while (await log.ask("usedBytes") > 0.5e6) await log.flush();
    const { events } = await log.ask("find", {}, 3000, null);
    ok(events.length > 100, `${events.length} are kept`);
    equal(events[0]?.sequence, 2999);
  });
});
