import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Hono } from "hono";
import type { WebApp } from "../app.ts";
import { TrustedProxies } from "../proxies.ts";
import { Auth } from "./auth.ts";
import { Credentials } from "./credentials.ts";

const week = 7 * 24 * 3600 * 1000;

function appWith(now: () => number) {
  const app: WebApp = new Hono();
  const auth = new Auth({
    credentials: new Credentials("token", null, null),
    secure: false,
    port: 1,
    now,
  });
  app.use(auth.guard());
  auth.addLogin(app);
  app.get("/", (context) => context.text("inside"));
  return app;
}

async function cookieOf(app: ReturnType<typeof appWith>): Promise<string> {
  const body = new URLSearchParams({ token: "token" });
  const response = await app.request("/login", { method: "POST", body });
  return response.headers.getSetCookie()[0]!.split(";")[0]!;
}

Deno.test("Auth: a cookie opens for a week, whatever its owner makes of it", async () => {
  let nowMs = 0;
  const app = appWith(() => nowMs);
  const cookie = await cookieOf(app);
  const status = async (value: string) =>
    (await app.request("/", { headers: { cookie: value } })).status;
  nowMs = week - 1;
  assert.equal(await status(cookie), 200);
  nowMs = week;
  assert.equal(await status(cookie), 401);
  assert.equal(await status(cookie.replace(String(week), String(9 * week))), 401);
});

Deno.test("Auth: a cookie of another run opens nothing", async () => {
  const cookie = await cookieOf(appWith(() => 0));
  const response = await appWith(() => 0).request("/", { headers: { cookie } });
  assert.equal(response.status, 401);
});

Deno.test("Auth takes a login from a form only", async () => {
  const body = JSON.stringify({ token: "token" });
  const headers = { "content-type": "application/json" };
  const response = await appWith(() => 0).request("/login", { method: "POST", body, headers });
  assert.equal(response.status, 415);
  assert.equal(response.headers.get("set-cookie"), null);
});

/** What a server answers that takes a token, and another one to write. */
function serverWith(
  {
    secure = false,
    operate = null as string | null,
    proxies = new TrustedProxies([]),
    base = undefined as string | undefined,
    signedOut = [] as string[],
  } = {},
) {
  const app: WebApp = new Hono();
  const credentials = new Credentials("token", "u", "p", operate);
  const auth = new Auth({
    ...{ credentials, secure, port: 7, now: () => 0, proxies },
    ...base !== undefined && { baseOf: () => base },
  });
  app.use(auth.guard());
  auth.addLogin(app);
  app.get("/", (context) => context.text("inside"));
  app.get("/healthz", (context) => context.text("well"));
  app.get("/static/live/seen", async (context) => {
    const ends = await auth.sessionSignal(context);
    ends?.addEventListener("abort", () => signedOut.push(new URL(context.req.url).search));
    return context.json([
      auth.hasSocketKey(context),
      await auth.isSignedIn(context),
      await auth.roleOf(context),
      ends?.aborted ?? null,
    ]);
  });
  app.get("/known", async (context) => context.json(await auth.roleOf(context) !== null));
  app.post("/write", auth.operators(), (context) => context.text("written"));
  return app;
}

Deno.test("Auth leads a browser to the login, and tells a program how to sign in", async () => {
  const app = serverWith();
  const page = await app.request("/a/b", { headers: { accept: "text/html,*/*" } });
  assert.deepEqual([page.status, page.headers.get("location")], [303, "/login?next=%2Fa%2Fb"]);
  for (const [method, accept] of [["POST", "text/html"], ["GET", "application/json"]]) {
    const answer = await app.request("/a", { method: method!, headers: { accept: accept! } });
    assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [401, "Bearer"]);
  }
  assert.equal((await app.request("/healthz")).status, 200);
  const inside = await app.request("/", { headers: { authorization: "Bearer token" } });
  assert.deepEqual([inside.status, inside.headers.get("vary")], [200, "cookie, authorization"]);
  const basic = await app.request("/", { headers: { authorization: `Basic ${btoa("u:p")}` } });
  assert.equal(basic.status, 200);
  const known = await app.request("/known", { headers: { authorization: "Bearer token" } });
  assert.equal(await known.json(), true);
});

Deno.test("Auth counts each wrong header, whatever its path, and none that is right", async () => {
  const app = serverWith();
  const status = async (token: string) =>
    (await app.request("/", { headers: { authorization: `Bearer ${token}` } })).status;
  for (let attempt = 0; attempt < 20; attempt++) assert.equal(await status("token"), 200);
  for (let attempt = 0; attempt < 10; attempt++) assert.equal(await status("wrong"), 401);
  assert.equal(await status("token"), 429);
  // Who sends none is not counted.
  assert.equal((await app.request("/")).status, 401);
  const body = new URLSearchParams({ token: "token" });
  const throttled = await app.request("/login", { method: "POST", body });
  assert.deepEqual([throttled.status, throttled.headers.get("retry-after")], [429, "60"]);
});

Deno.test("Auth keeps the count of wrong guesses over a login with another key", async () => {
  const app = serverWith({ operate: "operate" });
  const login = async (token: string) => {
    const body = new URLSearchParams({ token });
    return (await app.request("/login", { method: "POST", body })).status;
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    assert.deepEqual([await login("token"), await login("wrong")], [303, 401]);
  }
  assert.equal(await login("operate"), 429);
});

Deno.test("Auth sets a cookie for a week on a login that is right, and says when it is wrong", async () => {
  for (const secure of [true, false]) {
    const app = serverWith({ secure });
    const body = new URLSearchParams({ user: "u", password: "p", next: "/a-b/c.html%20~" });
    const answer = await app.request("/login", { method: "POST", body });
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/a-b/c.html%20~"]);
    const [cookie = ""] = answer.headers.getSetCookie();
    assert.match(cookie, /^sightline_7=/);
    for (const part of ["Max-Age=604800", "Path=/", "HttpOnly", "SameSite=Strict"]) {
      assert.ok(cookie.includes(part), cookie);
    }
    assert.equal(cookie.includes("Secure"), secure);
  }
  const wrong = new URLSearchParams({ token: "no" });
  const answer = await serverWith().request("/login", { method: "POST", body: wrong });
  assert.deepEqual([answer.status, answer.headers.get("cache-control")], [401, "no-store"]);
  assert.match(await answer.text(), /That is not right\./);
  assert.equal((await serverWith().request("/login")).status, 200);
});

Deno.test("Auth leads nowhere but to paths of its own", async () => {
  for (const next of ["//evil.example", "/\\evil", "https://evil", "a", ""]) {
    const body = new URLSearchParams({ token: "token", next });
    const answer = await serverWith().request("/login", { method: "POST", body });
    assert.equal(answer.headers.get("location"), "/", next);
  }
});

Deno.test("Auth takes a login from its own page or from no page, and none that is long", async () => {
  const login = async (headers: Record<string, string>, token = "token") => {
    const body = new URLSearchParams({ token });
    const answer = await serverWith().request("/login", { method: "POST", body, headers });
    return answer.status;
  };
  const host = "cams.example";
  const rows: [headers: Record<string, string>, status: number][] = [
    [{}, 303],
    [{ "sec-fetch-site": "same-origin" }, 303],
    [{ "sec-fetch-site": "none" }, 303],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ origin: `https://${host}`, host }, 303],
    [{ origin: "https://evil.example", host }, 403],
    [{ origin: "null", host }, 403],
  ];
  for (const [headers, status] of rows) assert.equal(await login(headers), status);
  assert.equal(await login({}, "x".repeat(17_000)), 413);
});

Deno.test("Auth lets only those with the token for that write", async () => {
  const write = async (app: WebApp, token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await app.request("/write", { method: "POST", headers });
    return [answer.status, await answer.text()] as const;
  };
  const app = serverWith({ operate: "write" });
  const [status, words] = await write(app, "token");
  assert.equal(status, 403);
  assert.match(words, /must be Bearer with the token of --visualizer_operate_token_file/);
  assert.deepEqual(await write(app, "write"), [200, "written"]);
  const none = serverWith();
  assert.match((await write(none, "token"))[1], /no token may write, set --visualizer_operate/);
});

Deno.test("Auth counts guesses by whom a trusted proxy names, and gives its https a cookie for it", async () => {
  const app = serverWith({ proxies: new TrustedProxies([{ address: "10.0.0.1", bits: null }]) });
  const login = async (
    token: string,
    client: string,
    remoteAddress = "10.0.0.1",
    protocol = "https",
  ) => {
    const body = new URLSearchParams({ token });
    const headers = { "x-forwarded-for": client, "x-forwarded-proto": protocol };
    const env = { incoming: { socket: { remoteAddress } } as never };
    return await app.request("/login", { method: "POST", body, headers }, env);
  };
  for (let i = 0; i < 10; i++) assert.equal((await login("no", "192.0.2.1")).status, 401);
  assert.equal((await login("token", "192.0.2.1")).status, 429);
  const other = await login("token", "192.0.2.1, 192.0.2.2");
  assert.equal(other.status, 303);
  assert.match(other.headers.getSetCookie()[0]!, /; Secure/);
  const plain = await login("token", "192.0.2.2", "10.0.0.1", "http");
  assert.doesNotMatch(plain.headers.getSetCookie()[0]!, /Secure/);
  // Whoever is no proxy may say what it likes.
  for (let i = 0; i < 10; i++) await login("no", `192.0.2.${i}`, "10.0.0.2");
  assert.equal((await login("token", "192.0.2.99", "10.0.0.2")).status, 429);
  const [cookie] = (await login("token", "192.0.2.3", "10.0.0.3")).headers.getSetCookie();
  assert.doesNotMatch(cookie!, /Secure/);
});

/** The cookie of a login with the token, with which it is asked what a page may. */
async function signIn(app: WebApp, token: string): Promise<{ readonly cookie: string }> {
  const body = new URLSearchParams({ token });
  const answer = await app.request("/login", { method: "POST", body });
  return { cookie: answer.headers.getSetCookie()[0]!.split(";")[0]! };
}

async function seen(app: WebApp, headers: Record<string, string>, search = ""): Promise<unknown> {
  return await (await app.request(`/static/live/seen${search}`, { headers })).json();
}

Deno.test("Auth signs out: the cookie is deleted, opens nothing, and what it showed ends", async () => {
  for (const secure of [true, false]) {
    const signedOut: string[] = [];
    const app = serverWith({ secure, signedOut, base: "/cams/" });
    const [mine, other] = [await signIn(app, "token"), await signIn(app, "token")];
    assert.deepEqual(await seen(app, mine, "?mine"), [false, true, "view", false]);
    await seen(app, other, "?other");
    const foreign = { ...mine, "sec-fetch-site": "cross-site" };
    const refused = await app.request("/logout", { method: "POST", headers: foreign });
    assert.deepEqual([refused.status, signedOut], [403, []]);
    const answer = await app.request("/logout", { method: "POST", headers: mine });
    const [deleted = ""] = answer.headers.getSetCookie();
    assert.equal(answer.status, 204);
    assert.match(deleted, /^sightline_7=; Max-Age=0; Path=\/cams\//);
    assert.equal(deleted.includes("Secure"), secure);
    assert.deepEqual(signedOut, ["?mine"]);
    assert.deepEqual(await seen(app, mine), [false, false, null, null]);
    assert.deepEqual(await seen(app, other), [false, true, "view", false]);
    // Who came with a token of its own may sign out as well.
    const bearer = { authorization: "Bearer token" };
    const again = await app.request("/logout", { method: "POST", headers: bearer });
    assert.equal(again.status, 204);
  }
});

Deno.test("Auth believes no cookie but one of its own", async () => {
  const app = serverWith();
  const { cookie } = await signIn(app, "token");
  const none = [false, false, null, null];
  for (
    const value of [
      ...[cookie.replace("view", "operate"), cookie.replace("_7", "_8"), "sightline_7=", ""],
    ]
  ) {
    assert.deepEqual(await seen(app, { cookie: value }), none, value);
  }
});

Deno.test("Auth takes the key of a WebSocket from its protocols, and counts wrong ones", async () => {
  const app = serverWith({ operate: "öperate" });
  const key = (token: string) => Buffer.from(token).toString("base64url");
  const rows: [protocols: string, role: string | null][] = [
    [`sightline, key.${key("token")}`, "view"],
    [`key.${key("token")},sightline`, "view"],
    [`sightline,key.${key("token")} , other`, "view"],
    [`sightline, key.${key("token")} other`, null],
    [`monkey.${key("token")}`, null],
    ["sightline, key.", null],
    ["sightline", null],
    [`key.${key("wrong")}`, null],
  ];
  for (const [protocols, role] of rows) {
    const headers = { "sec-websocket-protocol": protocols };
    assert.deepEqual(await seen(app, headers), [role !== null, false, role, null], protocols);
  }
  const guess = { "sec-websocket-protocol": `key.${key("wrong")}` };
  for (let attempt = 1; attempt < 10; attempt++) await seen(app, guess);
  const right = { "sec-websocket-protocol": `key.${key("token")}` };
  assert.deepEqual(await seen(app, right), [true, false, null, null], "of too many, none counts");
  assert.equal((await app.request("/", { headers: right })).status, 429);
});

Deno.test("Auth lets write by the cookie of a login that may, on a page of its own", async () => {
  const app = serverWith({ operate: "write" });
  const [viewer, operator] = [await signIn(app, "token"), await signIn(app, "write")];
  const write = async (headers: Record<string, string>) =>
    (await app.request("/write", { method: "POST", headers })).status;
  assert.equal(await write(operator), 200);
  assert.equal(await write({ ...operator, "sec-fetch-site": "cross-site" }), 403);
  assert.equal(await write(viewer), 403);
  // The key of a socket opens nothing else.
  const key = Buffer.from("write").toString("base64url");
  assert.equal(await write({ "sec-websocket-protocol": `key.${key}` }), 403);
});

Deno.test("Auth takes no wrong guess back for who is signed in, and goes by the machine's own clock", async () => {
  const app: WebApp = new Hono();
  const credentials = new Credentials("token", null, null);
  const auth = new Auth({ credentials, secure: false, port: 7 });
  app.use(auth.guard());
  auth.addLogin(app);
  app.get("/", (context) => context.text("inside"));
  const cookie = await signIn(app, "token");
  const status = async (headers: Record<string, string>) =>
    (await app.request("/", { headers })).status;
  for (let attempt = 0; attempt < 10; attempt++) {
    assert.equal(await status({ authorization: "Bearer wrong" }), 401);
    assert.equal(await status(cookie), 200);
  }
  assert.equal(await status({ authorization: "Bearer token" }), 429);
});

Deno.test("Auth stands under the path that a proxy gives it", async () => {
  const app = serverWith({ base: "/cams/" });
  const headers = { accept: "text/html" };
  const page = await app.request("/a?b=c&d", { headers });
  assert.equal(page.headers.get("location"), "/cams/login?next=%2Fa%3Fb%3Dc%26d");
  const login = await app.request("/login?next=/a%3Fb", { headers });
  assert.deepEqual([login.headers.get("vary"), login.status], ["accept-language", 200]);
  const text = await login.text();
  assert.match(text, /action="\/cams\/login"/);
  assert.match(text, /name="next" type="hidden" value="\/a\?b"/);
  const body = new URLSearchParams({ token: "token", next: "/a?b=c&d=e+f,g:h" });
  const answer = await app.request("/login", { method: "POST", body });
  assert.equal(answer.headers.get("location"), "/cams/a?b=c&d=e+f,g:h");
  assert.match(answer.headers.getSetCookie()[0]!, /; Path=\/cams\/;/);
});

Deno.test("Auth shows everybody what the login page and an orchestrator need", async () => {
  const app = serverWith();
  const open = ["/healthz", "/readyz", "/login", "/static/style.css", "/static/icon.svg"];
  for (const path of [...open, "/static/live/element.js"]) {
    assert.notEqual((await app.request(path)).status, 401, path);
  }
  for (const path of ["/static/live", "/static/app/main.js", "/login/x", "/x/static/live/"]) {
    assert.equal((await app.request(path)).status, 401, path);
  }
});

Deno.test("Auth takes a form of any character set, and words of a proxy only where one is believed", async () => {
  const app = appWith(() => 0);
  const answer = await app.request("/login", {
    method: "POST",
    body: "token=token",
    headers: {
      ...{ "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      ...{ "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1" },
    },
  }, {});
  assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/"]);
  assert.doesNotMatch(answer.headers.getSetCookie()[0]!, /Secure/);
  const bytes = new TextEncoder().encode("token=token");
  assert.equal((await app.request("/login", { method: "POST", body: bytes })).status, 415);
});

Deno.test("Auth asks in the visitor's language", async () => {
  const app = serverWith();
  for (
    const [accepted, button] of [
      ["de-AT,de;q=0.9,en;q=0.8", "Anmelden"],
      ["fr,en-GB;q=0.7,de;q=0.3", "Sign in"],
      ["fr", "Sign in"],
    ] as const
  ) {
    const answer = await app.request("/login", { headers: { "accept-language": accepted } });
    assert.match(await answer.text(), new RegExp(`<button>${button}</button>`), accepted);
  }
});
