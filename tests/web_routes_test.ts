/** Every route that there is, each as strict as it has to be: one that is new has to be named here. */

import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { EventLog } from "../src/events/event_log.ts";
import { createWebApp } from "../src/web/app.ts";
import { Auth } from "../src/web/auth/auth.ts";
import { Credentials } from "../src/web/auth/credentials.ts";
import { StreamHistory } from "../src/web/health/stream_history.ts";
import { loadStaticFiles } from "../src/web/static_files.ts";
import { poll } from "./support/poll.ts";
import { type ViewFixture, withView } from "./support/with_view.ts";

/** They tell nothing of any stream. */
const open = [
  "GET /healthz",
  "GET /readyz",
  "GET /login",
  "POST /login",
  "GET /static/icon.svg",
  "GET /static/style.css",
];
/** For whoever has a key. */
const viewed = [
  ...["GET /", "GET /live", "GET /live/:name", "GET /streams/:name", "GET /events"],
  ...["GET /events/:id", "GET /zones", "GET /zones/:name", "GET /health"],
  ...["GET /api/session", "GET /api/streams", "GET /api/streams/:name", "GET /api/deliveries"],
  ...["GET /api/streams/:name/scene", "GET /api/streams/:name/history", "GET /api/health"],
  ...["GET /api/events", "GET /api/events/stream", "GET /api/events/:id", "GET /api/counts"],
  "GET /api/events/names",
  ...["GET /api/events/:id/snapshot.jpg", "GET /api/events/:id/clip.mp4"],
  ...["GET /api/events/:id/boxes.json", "GET /api/openapi.json"],
  ...["GET /video_feed", "GET /streams/:name/video_feed", "GET /streams/:name/snapshot.jpg"],
  ...["GET /metrics", "POST /logout", "POST /api/streams/:name/scene/check"],
];
/** For the role `operate` alone. */
const operated = ["GET /api/support.zip", "POST /api/streams/:name/events"];
/** Answers without end: their heads tell. */
const endless = ["GET /api/events/stream", "GET /video_feed", "GET /streams/:name/video_feed"];

const access = {
  token: { value: "look" },
  operateToken: { value: "operate" },
  user: null,
  password: null,
};
const credentials = new Credentials("look", null, null, "operate");
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Every route of a server that has everything, once. */
async function allRoutes(): Promise<string[]> {
  using history = new StreamHistory(() => []);
  const app = createWebApp({
    streams: () => [],
    history,
    events: {} as never,
    files: await loadStaticFiles(),
    page: () => "",
    metrics: () => Promise.resolve(""),
    auth: new Auth({ credentials, secure: false, port: 0 }),
    localOnly: false,
    signal: new AbortController().signal,
  });
  const routes = app.routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  return [...new Set(routes)];
}

/** What the pages consist of, but for the code that other sites' pages may load. */
const isFile = (route: string) =>
  route.startsWith("GET /static/") && !route.startsWith(embedded) &&
  !open.some((known) => known === route);
const embedded = "GET /static/live/";

function requestOf(route: string): { readonly method: string; readonly path: string } {
  const [method = "", pattern = ""] = route.split(" ");
  return {
    method: endless.includes(route) ? "HEAD" : method,
    path: pattern.replace(":name", "door").replace(":id", "none"),
  };
}

interface Served extends Omit<ViewFixture, "status"> {
  status(route: string, headers?: Record<string, string>, body?: string): Promise<number>;
  cookie(token: string): Promise<string>;
}

async function withServer(use: (served: Served) => Promise<void>): Promise<void> {
  await using events = await EventLog.open(
    { dataDir: null, keepDays: 30, keepGb: null },
    ["door"],
    getLogger(["test"]),
  );
  await withView(async (fixture) => {
    await use({
      ...fixture,
      async status(route, headers = {}, body) {
        const { method, path } = requestOf(route);
        using answer = await rawRequest(fixture.web.port, method, path, headers, body);
        return await answer.status;
      },
      async cookie(token) {
        const body = new URLSearchParams({ token });
        const url = fixture.url("/login");
        const answer = await fetch(url, { method: "POST", body, redirect: "manual" });
        await answer.body?.cancel();
        return answer.headers.getSetCookie()[0]!.split(";")[0]!;
      },
    });
  }, { access, events, metrics: () => Promise.resolve("") });
}

/** The head of a WebSocket's handshake. */
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": btoa("0123456789abcdef"),
};

interface RawAnswer extends Disposable {
  readonly status: Promise<number>;
  /** The server has ended the connection. */
  readonly isOver: () => boolean;
}

/** On a connection of its own, so that it is seen when that ends. */
async function rawRequest(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = "",
): Promise<RawAnswer> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    ...(method === "POST" && { "content-length": String(body.length) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const status = Promise.withResolvers<number>();
  let isOver = false;
  const read = async () => {
    const bytes = new Uint8Array(4096);
    let answer = "";
    for (let count; (count = await connection.read(bytes)) !== null;) {
      answer += new TextDecoder().decode(bytes.subarray(0, count));
      if (answer.includes("\r\n")) status.resolve(Number(answer.split(" ")[1]));
    }
  };
  // It may be cut off, by the server or at the end of the test.
  read().catch(() => {}).finally(() => {
    isOver = true;
    status.resolve(0);
  });
  const text = `${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`;
  // What is too large is answered before all of it is there.
  await connection.write(new TextEncoder().encode(text)).catch(() => {});
  return {
    status: status.promise,
    isOver: () => isOver,
    [Symbol.dispose]: () => connection.close(),
  };
}

Deno.test("every route is named here, and none is more than once", async () => {
  const routes = await allRoutes();
  const files = routes.filter(isFile);
  ok(files.length > 40);
  deepEqual(
    routes.filter((route) => !isFile(route) && !route.startsWith(embedded)).toSorted(),
    [...open, ...viewed, ...operated].toSorted(),
  );
});

Deno.test("no route but the open ones answers without a key, whatever the cookie", async () => {
  await withServer(async ({ status, cookie }) => {
    const forged = (await cookie("look")).replace("view", "operate");
    const files = (await allRoutes()).filter(isFile);
    for (const route of [...viewed, ...operated, ...files]) {
      equal(await status(route), 401, route);
      equal(await status(route, { cookie: forged }), 401, `${route} with a forged cookie`);
    }
    for (const route of open.filter((route) => route !== "POST /login")) {
      equal(await status(route), 200, route);
    }
  });
});

Deno.test("each role gets what it may: by its key, and by the cookie of a login with it", async () => {
  await withServer(async ({ status, cookie }) => {
    for (const headers of [bearer("look"), { cookie: await cookie("look") }]) {
      for (const route of viewed.filter((route) => route !== "POST /logout")) {
        const given = await status(route, headers);
        ok(![0, 401, 403, 500].includes(given), `${route}: ${given}`);
      }
      for (const route of operated) equal(await status(route, headers), 403, route);
    }
    for (const headers of [bearer("operate"), { cookie: await cookie("operate") }]) {
      for (const route of operated) {
        const given = await status(route, headers);
        ok(![0, 401, 403, 500].includes(given), `${route}: ${given}`);
      }
    }
  });
});

Deno.test("another site's page can use no cookie for what does something, nor open the socket", async () => {
  await withServer(async ({ web: { port }, status, cookie }) => {
    const own = await cookie("operate");
    for (
      const foreign of [
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site" },
      ] as Record<string, string>[]
    ) {
      const headers = { cookie: own, ...foreign };
      const posts = [...open, ...viewed, ...operated].filter((route) => route.startsWith("POST"));
      for (const route of [...posts, "GET /api/support.zip"]) {
        equal(await status(route, headers), 403, `${route} ${JSON.stringify(foreign)}`);
      }
      equal(await status("GET /live", { ...headers, ...upgrade }), 403);
    }
    equal(await status("GET /live", { cookie: own, ...upgrade }), 101);
    // A page that was given a key is no stranger; beside a wrong one the cookie counts for nothing.
    const origin = { origin: "https://dashboard.example" };
    const withKey = (key: string) => {
      const protocols = `sightline, key.${btoa(key).replaceAll("=", "")}`;
      return { ...origin, ...upgrade, "sec-websocket-protocol": protocols };
    };
    for (const headers of [{}, { cookie: own }]) {
      equal(await status("GET /live", { ...headers, ...withKey("look") }), 101);
      const without = "cookie" in headers ? 403 : 401;
      equal(await status("GET /live", { ...headers, ...withKey("") }), without);
      // A script learns from nothing but a close that its key is wrong.
      using refused = await rawRequest(port, "GET", "/live", { ...headers, ...withKey("wrong") });
      equal(await refused.status, 101);
      await poll("it is ended", refused.isOver);
    }
  });
});

Deno.test("what is too large is refused by every route that reads something", async () => {
  await withServer(async ({ status }) => {
    const body = `{"yaml":"${"x".repeat(200_000)}"}`;
    const posts = [...open, ...viewed, ...operated].filter((route) => route.startsWith("POST"));
    for (const route of posts) {
      const type = route === "POST /login"
        ? "application/x-www-form-urlencoded"
        : "application/json";
      const given = await status(route, { ...bearer("operate"), "content-type": type }, body);
      // What signs out reads nothing.
      equal(given, route === "POST /logout" ? 204 : 413, route);
    }
    for (const route of [...viewed, ...operated].filter((route) => route.startsWith("GET"))) {
      const headers = { ...bearer("operate"), "x-long": "x".repeat(100_000) };
      notEqual(await status(route, headers), 200, `${route} with a long head`);
    }
  });
});

Deno.test("every path refuses every method that it does not have", async () => {
  await withServer(async ({ status }) => {
    const routes = await allRoutes();
    for (const path of new Set(routes.map((route) => route.split(" ")[1]!))) {
      for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        if (routes.includes(`${method} ${path}`)) continue;
        equal(await status(`${method} ${path}`, bearer("operate")), 405, `${method} ${path}`);
      }
    }
  });
});

Deno.test("one address that is busy gets nothing more at any route, but for the probes", async () => {
  await withServer(async ({ web: { port }, status, cookie }) => {
    const headers = { cookie: await cookie("look") };
    using stack = new DisposableStack();
    for (let i = 0; i < 44; i++) {
      const feed = stack.use(await rawRequest(port, "GET", "/api/events/stream", headers));
      equal(await feed.status, 200);
      const live = await rawRequest(port, "GET", "/live", { ...headers, ...upgrade });
      equal(await stack.use(live).status, 101);
    }
    equal(await status("GET /live", { ...headers, ...upgrade }), 503);
    for (const route of await allRoutes()) {
      const isProbe = /\/(healthz|readyz|metrics)$/.test(route);
      equal(await status(route, headers), isProbe ? 200 : 503, route);
    }
  });
});

Deno.test("signing out ends the cookie, and all that this session still shows", async () => {
  await withServer(async ({ web: { port }, status, cookie, url }) => {
    const [mine, others] = [await cookie("look"), await cookie("look")];
    const feeds = async (own: string) => {
      return [
        stack.use(await rawRequest(port, "GET", "/live", { cookie: own, ...upgrade })),
        stack.use(await rawRequest(port, "GET", "/api/events/stream", { cookie: own, ...last })),
        stack.use(await rawRequest(port, "GET", "/video_feed", { cookie: own, ...last })),
      ];
    };
    const last = { connection: "close" };
    using stack = new DisposableStack();
    const [ended, kept] = [await feeds(mine), await feeds(others)];
    for (const [live, events] of [ended, kept]) {
      equal(await live!.status, 101);
      equal(await events!.status, 200);
    }
    equal(await status("POST /logout", { cookie: mine, origin: "https://evil.example" }), 403);
    equal(await status("GET /api/session", { cookie: mine }), 200);
    const answer = await fetch(url("/logout"), { method: "POST", headers: { cookie: mine } });
    equal(answer.status, 204);
    match(answer.headers.getSetCookie()[0]!, /^sightline_\d+=; Max-Age=0; Path=\//);
    await poll("its socket, feed and video end", () => ended.every(({ isOver }) => isOver()));
    equal(await status("GET /api/session", { cookie: mine }), 401);
    equal(await status("GET /api/session", { cookie: others }), 200);
    ok(kept.every(({ isOver }) => !isOver()), "those of another login go on");
  });
});
