import { deepEqual, equal, match } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { EventLog } from "../../events/event_log.ts";
import { createWebApp, type WebApp } from "../app.ts";
import { Auth } from "../auth/auth.ts";
import { Credentials } from "../auth/credentials.ts";
import type { WebStream } from "../web_stream.ts";

const viewToken = "who-has-it-looks";
const operateToken = "who-has-it-writes";

async function withApp(
  use: (app: WebApp, log: EventLog) => Promise<void>,
  { operate = operateToken as string | null } = {},
): Promise<void> {
  await using log = await EventLog.open(
    { dataDir: null, keepDays: 30, keepGb: null },
    ["door"],
    getLogger(["test"]),
  );
  const credentials = new Credentials(viewToken, null, null, operate);
  const app = createWebApp({
    streams: () => [{ name: "door" } as WebStream],
    events: log,
    files: [],
    metrics: null,
    auth: new Auth({ credentials, secure: false, port: 5000 }),
    localOnly: false,
    signal: new AbortController().signal,
  });
  await use(app, log);
}

function post(app: WebApp, body: unknown, { token = operateToken, stream = "door" } = {}) {
  return app.request(`/api/streams/${stream}/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

Deno.test("POST /api/streams/{name}/events makes an event, which the answer is", async () => {
  await withApp(async (app, log) => {
    const response = await post(app, {
      type: "door_opened",
      label: "door",
      zone: "hall",
      confidence: 1,
      snapshot: true,
      clip: { before_s: 2 },
      data: { badge: 17 },
    });
    equal(response.status, 201);
    const event = await response.json();
    const { id, at: _at, ...rest } = event;
    deepEqual(rest, {
      type: "door_opened",
      stream: "door",
      use_case: null,
      sequence: null,
      zone: "hall",
      snapshot: true,
      clip: { before_s: 2, after_s: 5 },
      data: { badge: 17, label: "door", confidence: 1 },
    });
    deepEqual(await log.ask("get", id), event);
    const { events } = await log.ask("find", { label: "door", minConfidence: 1 }, 10);
    deepEqual(events.map((found) => found.id), [id]);
    const before = new Date(Date.now() - 3_600_000).toISOString();
    equal((await (await post(app, { type: "earlier", at: before })).json()).at, before);
  });
});

Deno.test("POST /api/streams/{name}/events wants a key with the right to write", async () => {
  await withApp(async (app, log) => {
    equal((await post(app, { type: "x" }, { token: viewToken })).status, 403);
    equal((await post(app, { type: "x" }, { token: "a-guess" })).status, 401);
    const bare = await app.request("/api/streams/door/events", { method: "POST", body: "{}" });
    equal(bare.status, 401);
    equal((await post(app, { type: "x" }, { stream: "yard" })).status, 404);
    const look = { headers: { authorization: `Bearer ${operateToken}` } };
    equal((await app.request("/api/events", look)).status, 200, "who may write may look");
    equal((await app.request("/api/streams/door/events", look)).status, 405);
    deepEqual((await log.ask("find", {}, 10)).events, []);
  });
  await withApp(async (app) => {
    const response = await post(app, { type: "x" }, { token: viewToken });
    equal(response.status, 403);
    match(await response.text(), /--visualizer_operate_token_file/);
  }, { operate: null });
});

Deno.test("POST /api/streams/{name}/events refuses what is wrong by its name", async () => {
  const cases: [body: unknown, parameter: string, message: RegExp, status?: number][] = [
    ["{", "body", /^must be JSON$/],
    ["[]", "body", /^must be an object$/],
    [{}, "type", /^must be 1 to 64 small letters/],
    [{ type: "Door opened" }, "type", /^must be 1 to 64 small letters/],
    [{ type: "stream_lost" }, "type", /^is told by Sightline alone/],
    [{ type: "zone_left" }, "type", /^is told by Sightline alone/],
    [{ type: "x", at: "yesterday" }, "at", /^must be a time such as/],
    [{ type: "x", at: "2020-01-01T00:00:00Z" }, "at", /^must be of the last day, it is \d{4}-/],
    [{ type: "x", label: "" }, "label", /^must be 1 to 256 characters$/],
    [{ type: "x", confidence: 2 }, "confidence", /^must be a number from 0 to 1$/],
    [{ type: "x", snapshot: "yes" }, "snapshot", /^must be true or false$/],
    [{ type: "x", clip: { before_s: 601 } }, "clip.before_s", /^must be seconds from 0 to 600$/],
    [{ type: "x", clip: 5 }, "clip", /^must be true, or before_s and after_s/],
    [{ type: "x", data: [1] }, "data", /^must be an object$/],
    [
      `{"type":"x","data":{"a":${"[".repeat(7000)}${"]".repeat(7000)}}}`,
      "data",
      /^must be nested 32/,
    ],
    [
      { type: "x", clip: { befor_s: 2 } },
      "clip.befor_s",
      /^is unknown, known are before_s, after_s$/,
    ],
    [{ type: "x", lable: "door" }, "lable", /^is unknown, known are type, at, label/],
    [{ type: "x", data: { long: "y".repeat(20_000) } }, "body", /^is above 16384 bytes$/, 413],
  ];
  await withApp(async (app, log) => {
    for (const [body, parameter, message, status = 400] of cases) {
      const response = await post(app, body);
      const { problems } = await response.json();
      equal(response.status, status, JSON.stringify(body));
      equal(problems[0].parameter, parameter, JSON.stringify(problems));
      match(problems[0].message, message);
    }
    const form = await app.request("/api/streams/door/events", {
      method: "POST",
      headers: { authorization: `Bearer ${operateToken}`, "content-type": "text/plain" },
      body: '{"type":"x"}',
    });
    equal(form.status, 415, "what a page of another site may send is no event");
    deepEqual((await log.ask("find", {}, 10)).events, []);
  });
});

Deno.test("POST /api/streams/{name}/events takes so many a second, and says when to come again", async () => {
  await withApp(async (app) => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(app, { type: "x" })));
    const refused = answers.find(({ status }) => status === 429);
    equal(refused?.headers.get("retry-after"), "1");
    equal(answers.filter(({ status }) => status === 201).length >= 50, true);
  });
});
