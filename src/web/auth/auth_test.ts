import assert from "node:assert/strict";
import { Hono } from "hono";
import type { WebApp } from "../app.ts";
import { Auth } from "./auth.ts";
import { Credentials } from "./credentials.ts";
import { LoginThrottle } from "./login_throttle.ts";

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

Deno.test("LoginThrottle lets an address try again after a minute, and others all the time", () => {
  let nowMs = 0;
  const throttle = new LoginThrottle(() => nowMs);
  for (let i = 0; i < 10; i++) throttle.take("a");
  assert.deepEqual([throttle.allows("a"), throttle.allows("b")], [false, true]);
  nowMs = 60_000;
  assert.ok(throttle.allows("a"));
});

Deno.test("LoginThrottle forgets what was wrong before it was right", () => {
  const throttle = new LoginThrottle(() => 0);
  for (let i = 0; i < 9; i++) throttle.take("a");
  throttle.succeeded("a");
  throttle.take("a");
  assert.ok(throttle.allows("a"));
});

Deno.test("LoginThrottle counts no attempt that was right", () => {
  const throttle = new LoginThrottle(() => 0);
  for (let i = 0; i < 100; i++) {
    assert.ok(throttle.take("a"));
    throttle.giveBack("a");
  }
  for (let i = 0; i < 10; i++) assert.ok(throttle.take("a"));
  assert.ok(!throttle.take("a"));
});

Deno.test("Credentials.read() takes a file's one line, and names a file that it cannot use", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "secret\r\n");
    const access = { token: { file }, user: null, password: null };
    const credentials = await Credentials.read(access);
    assert.ok(credentials.fitHeader("Bearer secret"));
    assert.deepEqual(credentials.kinds, { token: true, password: false });
    // No user and no password is not an empty password.
    assert.ok(!credentials.fitHeader("Basic Og=="));
    await Deno.writeTextFile(file, "\n");
    await assert.rejects(Credentials.read(access), {
      message: `Cannot use the secret in ${file}: the file is empty`,
    });
  } finally {
    await Deno.remove(file);
  }
  const access = { token: { file }, user: null, password: null };
  await assert.rejects(Credentials.read(access), /^Error: Cannot read the secret in .*: /);
});

Deno.test("Auth takes a login from a form only", async () => {
  const body = JSON.stringify({ token: "token" });
  const headers = { "content-type": "application/json" };
  const response = await appWith(() => 0).request("/login", { method: "POST", body, headers });
  assert.equal(response.status, 415);
  assert.equal(response.headers.get("set-cookie"), null);
});
