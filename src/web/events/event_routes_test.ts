import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { Hono } from "hono";
import { EventLog } from "../../events/event_log.ts";
import type { EventDraft } from "../../events/event.ts";
import { createWebApp } from "../app.ts";
import { exportEvents } from "./event_export.ts";
import type { EventApp } from "./event_routes.ts";
import { addMediaRoutes } from "./media_routes.ts";

const box = { x: 0, y: 0, width: 0.5, height: 0.5 };

function draftOf(type: string, minute: number, more: Partial<EventDraft> = {}): EventDraft {
  return {
    type,
    at: `2026-11-29T10:${String(minute).padStart(2, "0")}:00.000Z`,
    stream: "door",
    use_case: "u",
    sequence: minute,
    ...more,
  };
}

interface Fixture {
  readonly log: EventLog;
  readonly end: AbortController;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

async function withEvents(use: (fixture: Fixture) => Promise<void>): Promise<void> {
  await using log = await EventLog.open(
    { dataDir: null, keepDays: 30, keepGb: null },
    ["door"],
    getLogger(["test"]),
  );
  const end = new AbortController();
  const app = createWebApp({
    streams: () => [],
    events: log,
    files: [],
    metrics: null,
    auth: null,
    localOnly: false,
    signal: end.signal,
  });
  await use({ log, end, get: async (path, headers = {}) => await app.request(path, { headers }) });
  end.abort();
}

const person = { id: 7, label: "person", confidence: 0.9, box };

Deno.test("/api/events gives the newest first, filtered and page by page", async () => {
  await withEvents(async ({ log, get }) => {
    for (let minute = 0; minute < 30; minute++) {
      log.append(draftOf("seen", minute, minute % 2 === 0 ? { object: person, zone: "yard" } : {}));
    }
    await log.flush();
    const first = await (await get("/api/events?limit=20")).json();
    equal(first.events.length, 20);
    equal(first.events[0].sequence, 29);
    const second = await (await get(`/api/events?limit=20&cursor=${first.cursor}`)).json();
    deepEqual(second.events.map(({ sequence }: { sequence: number }) => sequence), [
      ...Array.from({ length: 10 }, (_, at) => 9 - at),
    ]);
    equal(second.cursor, null);
    const query = "label=person&zone=yard&min_confidence=0.9&from=2026-11-29T10:10:00Z" +
      "&to=2026-11-29T10:14:01Z&stream=door&type=seen";
    const some = await (await get(`/api/events?${query}`)).json();
    deepEqual(some.events.map(({ sequence }: { sequence: number }) => sequence), [14, 12, 10]);
    const { id } = some.events[0];
    deepEqual(await (await get(`/api/events/${id}`)).json(), some.events[0]);
    equal((await get("/api/events/nothing")).status, 404);
  });
});

Deno.test("/api/events leaves out types and labels, in the list, the counts and the feed", async () => {
  await withEvents(async ({ log, end, get }) => {
    const car = { ...person, label: "car" };
    log.append(draftOf("object_started", 0, { object: person }));
    log.append(draftOf("zone_entered", 1, { object: car, zone: "drive" }));
    log.append(draftOf("stream_lost", 2));
    log.append(draftOf("object_updated", 3, { object: car }));
    await log.flush();
    const types = async (query: string) =>
      (await (await get(`/api/events?${query}`)).json()).events
        .map(({ type }: { type: string }) => type);
    deepEqual(await types("not_type=object_updated&not_type=object_started&not_type=never"), [
      "stream_lost",
      "zone_entered",
    ]);
    deepEqual(await types("not_label=car"), ["stream_lost", "object_started"]);
    const { counts } = await (await get("/api/counts?by=type&not_label=car")).json();
    deepEqual(counts.map(({ type }: { type: string }) => type).toSorted(), [
      "object_started",
      "stream_lost",
    ]);
    const answer = await get("/api/events/stream?not_type=object_updated&not_label=person");
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    log.append(draftOf("object_updated", 4, { object: car }));
    log.append(draftOf("zone_left", 5, { object: person }));
    log.append(draftOf("zone_left", 6, { object: car }));
    const told = await untilText(reader, "data");
    match(told, /"label":"car"/);
    doesNotMatch(told, /object_updated|person/);
    end.abort();
    await reader.cancel();
    equal((await get(`/api/events?${"not_type=x&".repeat(33)}`)).status, 400);
    const long = await (await get(`/api/events?not_label=a&not_label=${"b".repeat(300)}`)).json();
    match(long.problems[0].message, /^is "bbb.*…", must be 1 to 256 characters$/);
  });
});

Deno.test("a wrong parameter is refused with its name and what is allowed", async () => {
  const cases: [path: string, parameter: string, message: RegExp][] = [
    ["/api/events?limit=0", "limit", /^is "0", must be a whole number from 1 to 1000$/],
    ["/api/events?limit=many", "limit", /must be a whole number from 1 to 1000/],
    ["/api/events?limit=0x10", "limit", /^is "0x10", must be a whole number from 1 to 1000$/],
    ["/api/events?limit=1e2", "limit", /must be a whole number from 1 to 1000/],
    ["/api/events?limit=99999999999999999999", "limit", /must be a whole number from 1 to 1000/],
    ["/api/events?format=csv&limit=-1", "limit", /must be a whole number from 1 to 1000/],
    ["/api/events?min_confidence=", "min_confidence", /^is "", must be a number from 0 to 1$/],
    ["/api/events?min_confidence=NaN", "min_confidence", /must be a number from 0 to 1/],
    ["/api/events?from=yesterday", "from", /must be a time such as/],
    ["/api/events?from=5", "from", /must be a time such as/],
    ["/api/events?to=2026-13-45", "to", /must be a time such as/],
    ["/api/events?from=2026-02-30", "from", /must be a time such as/],
    ["/api/counts?by=label&to=2026-06-31T00:00:00Z", "to", /must be a time such as/],
    ["/api/events/x/clip.mp4?x=1", "x", /^is unknown, there is none here$/],
    ["/api/events/x/boxes.json?x=1", "x", /^is unknown, there is none here$/],
    ["/api/events/x/snapshot.jpg?height=", "height", /must be a whole number from 16 to 4320/],
    ["/api/events/x/snapshot.jpg?crop=yes", "crop", /must be 0 or 1/],
    ["/api/events?cursor=x", "cursor", /must be the cursor of an earlier answer/],
    ["/api/events?min_confidence=2", "min_confidence", /must be a number from 0 to 1/],
    ["/api/events?open=maybe", "open", /must be true or false/],
    ["/api/events?stream=a&stream=b", "stream", /more than once/],
    ["/api/events?steam=a", "steam", /is unknown, known are stream, type, label/],
    [`/api/events?label=${"x".repeat(300)}`, "label", /^is "x{64}…", must be 1 to 256 characters$/],
    ["/api/events?format=xml", "format", /must be json, ndjson or csv/],
    ["/api/counts", "by", /^missing, must be stream, label, zone or type$/],
    ["/api/counts?by=label&bucket=1y", "bucket", /must be a span of minutes, hours or days/],
    ["/api/events/stream?limit=1", "limit", /is unknown/],
  ];
  await withEvents(async ({ get }) => {
    for (const [path, parameter, message] of cases) {
      const response = await get(path);
      equal(response.status, 400, path);
      const { problems } = await response.json();
      equal(problems[0].parameter, parameter, path);
      match(problems[0].message, message, path);
    }
  });
});

Deno.test("/api/counts counts by name and hour", async () => {
  await withEvents(async ({ log, get }) => {
    for (const minute of [0, 10, 20]) log.append(draftOf("seen", minute, { object: person }));
    await log.flush();
    deepEqual(await (await get("/api/counts?by=label&bucket=15m")).json(), {
      counts: [
        { label: "person", from: "2026-11-29T10:00:00.000Z", count: 2 },
        { label: "person", from: "2026-11-29T10:15:00.000Z", count: 1 },
      ],
    });
  });
});

Deno.test("/api/events as NDJSON and CSV gives all of them, and a spreadsheet runs none", async () => {
  await withEvents(async ({ log, get }) => {
    for (let n = 0; n < 700; n++) log.append(draftOf("seen", n % 60, { data: { n } }));
    log.append(draftOf("=cmd()", 0, { zone: 'a "quoted", zone', stream: "-1" }));
    await log.flush();
    const lines = (await (await get("/api/events?format=ndjson")).text()).trim().split("\r\n");
    equal(lines.length, 701);
    ok(lines.every((line) => JSON.parse(line).id));
    equal(
      (await (await get("/api/events?format=ndjson&limit=3")).text()).trim().split("\n").length,
      3,
    );
    const response = await get("/api/events?format=csv");
    match(response.headers.get("content-disposition")!, /events\.csv/);
    const rows = (await response.text()).trim().split("\r\n");
    equal(rows.length, 702);
    equal(rows[0]!.split(",")[1], "type");
    const bad = rows.find((row) => row.includes("cmd"))!;
    match(bad, /,'=cmd\(\),.*,'-1,.*,"a ""quoted"", zone",/);
  });
});

Deno.test("exportEvents() gives up a reader that takes nothing, and keeps no timer for others", async () => {
  await withEvents(async ({ log }) => {
    for (let n = 0; n < 700; n++) log.append(draftOf("seen", n % 60));
    await log.flush();
    const stuck = Promise.withResolvers<void>();
    const options = { query: {}, format: "ndjson", limit: undefined, before: null } as const;
    const body = exportEvents(log, { ...options, patienceMs: 1, onStuck: stuck.resolve });
    const reader = body.getReader();
    await reader.read();
    await stuck.promise;
    await reader.cancel();
    const patient = exportEvents(log, { ...options, patienceMs: 60_000, onStuck: () => {} });
    equal((await new Response(patient).text()).trim().split("\r\n").length, 700);
  });
});

Deno.test("/api/events/stream tells what comes, goes on behind an id, and filters", async () => {
  await withEvents(async ({ log, get, end }) => {
    log.append(draftOf("before", 0));
    await log.flush();
    const all = await get("/api/events/stream?type=seen");
    equal(all.headers.get("content-type"), "text/event-stream; charset=utf-8");
    const reader = all.body!.pipeThrough(new TextDecoderStream()).getReader();
    equal((await reader.read()).value, ": begun\n\n");
    log.append(draftOf("other", 1));
    log.append(draftOf("seen", 1));
    const told = await untilText(reader, "data: ");
    const id = /^id: (.*)$/m.exec(told)![1]!;
    const event = JSON.parse(/^data: (.*)$/m.exec(told)![1]!);
    equal(event.type, "seen");
    equal(event.id, id);
    await reader.cancel();

    for (let n = 2; n < 300; n++) log.append(draftOf("seen", n % 60, { sequence: n }));
    await log.flush();
    const again = await get("/api/events/stream", { "last-event-id": id });
    const next = again.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while ((text.match(/^data: /gm)?.length ?? 0) < 298) text += (await next.read()).value;
    deepEqual(
      [...text.matchAll(/"sequence":(\d+)/g)].map(([, n]) => Number(n)),
      Array.from({ length: 298 }, (_, n) => n + 2),
    );
    end.abort();
    ok((await next.read()).done);

    const gone = await get("/api/events/stream?last_event_id=unknown");
    const first = gone.body!.pipeThrough(new TextDecoderStream()).getReader();
    match((await first.read()).value!, /event: gap/);
    await first.cancel();
  });
});

Deno.test("/api/openapi.json names every parameter that is checked", async () => {
  await withEvents(async ({ get }) => {
    const { openapi, paths } = await (await get("/api/openapi.json")).json();
    equal(openapi, "3.1.0");
    const names = paths["/api/events"].get.parameters.map(({ name }: { name: string }) => name);
    deepEqual(names, [
      ...[
        "stream",
        "type",
        "label",
        "zone",
        "not_type",
        "not_label",
        "from",
        "to",
        "min_confidence",
        "open",
      ],
      ...["has", "limit", "cursor", "format"],
    ]);
    ok(
      paths["/api/counts"].get.parameters.some((one: { name: string; required: boolean }) =>
        one.name === "by" && one.required
      ),
    );
  });
});

async function untilText(
  reader: ReadableStreamDefaultReader<string>,
  wanted: string,
): Promise<string> {
  let text = "";
  while (!text.includes(wanted)) text += (await reader.read()).value;
  return text;
}

Deno.test("snapshot.jpg with wait=0 is not waited for while it is being made", async () => {
  await withEvents(async ({ log }) => {
    log.append({ ...draftOf("seen", 1), snapshot: true });
    await log.flush();
    const { events: [event] } = await log.ask("find", {}, 1, null);
    let isPending = true;
    const app: EventApp = new Hono();
    addMediaRoutes(app, log, {
      isPending: () => isPending,
      isAwaited: () => Promise.resolve(false),
      path: () => Promise.resolve(null),
      snapshot: () => isPending ? new Promise(() => {}) : Promise.resolve(new Uint8Array(9)),
    });
    const path = `/api/events/${event!.id}/snapshot.jpg?wait=0`;
    const answer = await app.request(path);
    deepEqual([answer.status, answer.headers.get("retry-after")], [404, "1"]);
    isPending = false;
    equal((await app.request(path)).status, 200);
  });
});

Deno.test("snapshot.jpg that cannot be drawn just now is not there just now, which is no error of ours", async () => {
  await withEvents(async ({ log }) => {
    log.append({ ...draftOf("seen", 1), snapshot: true });
    await log.flush();
    const { events: [event] } = await log.ask("find", {}, 1, null);
    const app: EventApp = new Hono();
    addMediaRoutes(app, log, {
      isPending: () => false,
      isAwaited: () => Promise.resolve(false),
      path: () => Promise.resolve(null),
      snapshot: () => Promise.reject(new Error("Cannot make a picture: 64 newer ones wait")),
    });
    const answer = await app.request(`/api/events/${event!.id}/snapshot.jpg?crop=1`);
    deepEqual([answer.status, answer.headers.get("retry-after")], [503, "1"]);
    deepEqual((await answer.json()).problems[0].parameter, "id");
  });
});
