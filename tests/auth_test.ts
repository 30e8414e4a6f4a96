/** Who gets into the live view: each refusal, driven from outside. */

import assert from "node:assert/strict";
import type { WebOptions } from "../src/web/server.ts";
import { refusedCode } from "../src/web/static/live/wire.js";
import { axeComplaints } from "./support/axe.ts";
import { chromiumMissing, withChromium } from "./support/with_chromium.ts";
import { noCertificates, withCertificates } from "./support/with_certificates.ts";
import { poll } from "./support/poll.ts";
import { withView } from "./support/with_view.ts";

const token = "a-token-that-nobody-guesses";
const access = {
  token: { value: token },
  user: "ada",
  password: { value: "pässword: with colon" },
} as const;

interface Served {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  login(form: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  readonly port: number;
}

async function withServer(
  options: Pick<WebOptions, "access" | "tls">,
  use: (served: Served) => Promise<void>,
): Promise<void> {
  await withView(async ({ url, web }) => {
    await use({
      port: web.port,
      get: (path, headers = {}) => fetch(url(path), { headers, redirect: "manual" }),
      login: (form, headers = {}) =>
        fetch(url("/login"), {
          method: "POST",
          body: new URLSearchParams(form),
          headers,
          redirect: "manual",
        }),
    });
  }, options);
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

function basic(user: string, password: string): Record<string, string> {
  return {
    authorization: `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`,
  };
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

Deno.test("without a key a browser is led to the login page, and back from there", async () => {
  await withServer({ access }, async ({ get }) => {
    const page = await get("/streams/door", { accept: "text/html,*/*" });
    assert.equal(page.status, 303);
    assert.equal(page.headers.get("location"), "/login?next=%2Fstreams%2Fdoor");
    await page.body?.cancel();
    assert.equal(await statusOf(get("/nothing")), 401);
  });
});

Deno.test("/readyz tells strangers no more than whether", async () => {
  await withServer({ access }, async ({ get }) => {
    assert.deepEqual(await (await get("/readyz")).json(), { ready: true });
    assert.deepEqual(await (await get("/readyz", bearer(token))).json(), {
      ready: true,
      streams: [],
    });
  });
});

Deno.test("token, or user and password, open; nothing else does", async () => {
  await withServer({ access }, async ({ get }) => {
    const status = (headers: Record<string, string>) => statusOf(get("/api/streams", headers));
    assert.equal(await status(bearer(token)), 200);
    assert.equal(await status(basic("ada", access.password.value)), 200);
    const wrong = [
      bearer("a-token-that-nobody-guesseS"),
      bearer(token + "x"),
      bearer(""),
      basic("ada", "password"),
      basic("eve", access.password.value),
      basic("", ""),
      { authorization: token },
      { authorization: "Basic !!!" },
    ];
    for (const headers of wrong) assert.equal(await status(headers), 401, JSON.stringify(headers));
    assert.equal(await statusOf(get(`/api/streams?token=${token}`)), 401, "no token in addresses");
  });
});

Deno.test("a login gives a cookie that scripts and other sites do not get", async () => {
  await withServer({ access }, async ({ get, login, port }) => {
    for (const form of [{ token }, { user: "ada", password: access.password.value }]) {
      const response = await login({ ...form, next: "/streams/door" });
      assert.equal(response.status, 303);
      assert.equal(response.headers.get("location"), "/streams/door");
      const [cookie] = response.headers.getSetCookie();
      await response.body?.cancel();
      assert.match(cookie!, new RegExp(`^sightline_\\d+=`));
      assert.match(cookie!, /; Path=\/; HttpOnly; SameSite=Strict$/);
      assert.ok(!cookie!.includes(token));
      const [pair] = cookie!.split(";");
      assert.equal(await statusOf(get("/api/streams", { cookie: pair! })), 200);
      const forged = pair!.replace(/=\d/, (digit) => `=${(Number(digit[1]) + 1) % 10}`);
      assert.equal(await statusOf(get("/api/streams", { cookie: forged })), 401, `${port}`);
    }
  });
});

Deno.test("a wrong key leads back to the page, and ten of them to a pause", async () => {
  await withServer({ access }, async ({ get, login }) => {
    for (let i = 0; i < 10; i++) {
      const response = await login({ token: "guess", next: `"><script>alert(1)</script>` });
      assert.equal(response.status, 401);
      assert.equal(response.headers.getSetCookie().length, 0);
      const page = await response.text();
      assert.match(page, /That is not right/);
      assert.doesNotMatch(page, /<script|guess/);
    }
    const response = await login({ token, next: "/live/door" });
    assert.deepEqual([response.status, response.headers.get("retry-after")], [429, "60"]);
    const page = await response.text();
    assert.match(page, /Too many wrong keys: wait a minute/);
    assert.match(page, /name="next" type="hidden" value="\/live\/door"/);
    assert.equal(await statusOf(get("/api/streams", bearer(token))), 429);
  });
});

for (const path of ["/api/streams", "/readyz"]) {
  Deno.test(`of a burst of wrong keys ten are looked at, at ${path}; right ones do not count`, async () => {
    await withServer({ access }, async ({ get, port }) => {
      for (let i = 0; i < 30; i++) await statusOf(get(path, bearer(token)));
      const tries = Array.from({ length: 99 }, (_, i) => {
        // The last one is right.
        const key = i === 98 ? token : `guess${i}`;
        return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n` +
          `${i === 98 ? "Connection: close\r\n" : ""}\r\n`;
      });
      const answers = await exchange(port, tries.join(""));
      const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status);
      assert.equal(statuses.length, 99);
      if (path === "/api/streams") {
        assert.equal(statuses.filter((status) => status === "401").length, 10);
        assert.equal(statuses.filter((status) => status === "429").length, 89);
      } else {
        assert.doesNotMatch(answers, /"streams"/, "even the right one is a stranger's by then");
      }
    });
  });
}

Deno.test("of a burst of wrong logins ten are looked at", async () => {
  await withServer({ access }, async ({ login }) => {
    const tries = Array.from({ length: 60 }, () => statusOf(login({ token: "guess" })));
    const statuses = await Promise.all(tries);
    assert.equal(statuses.filter((status) => status === 401).length, 10);
    assert.equal(statuses.filter((status) => status === 429).length, 50);
  });
});

Deno.test("after a login no browser is sent to another site", async () => {
  await withServer({ access }, async ({ login }) => {
    for (
      const next of ["//evil.example", "/\\evil.example", "https://evil.example/", "/a\r\nb: c"]
    ) {
      const response = await login({ token, next });
      assert.equal(response.headers.get("location"), "/", next);
      await response.body?.cancel();
    }
  });
});

Deno.test("another site's page cannot log anybody in", async () => {
  await withServer({ access }, async ({ login, port }) => {
    const refused = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of refused) assert.equal(await statusOf(login({ token }, headers)), 403);
    const own = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    assert.equal(await statusOf(login({ token }, own)), 303);
  });
});

Deno.test("a form without end, or of another kind, is not read", async () => {
  await withServer({ access }, async ({ login }) => {
    assert.equal(await statusOf(login({ token: "x".repeat(100_000) })), 413);
    assert.equal(await statusOf(login({ token }, { "content-type": "text/plain" })), 415);
  });
});

Deno.test("on this machine's own address no other name is answered", async () => {
  await withServer({}, async ({ port }) => {
    const ask = (host: string) =>
      rawRequest(port, `GET /api/streams HTTP/1.1\r\nHost: ${host}\r\n`);
    for (
      const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "10.0.0.1"]
    ) {
      assert.match(await ask(host), /^HTTP\/1\.1 403 /, host);
    }
    for (const host of ["localhost", `127.0.0.1:${port}`, "[::1]:80", "sightline.localhost"]) {
      assert.match(await ask(host), /^HTTP\/1\.1 200 /, host);
    }
  });
});

Deno.test("a head without end or measure costs its sender the connection", async () => {
  await withServer({}, async ({ port, get }) => {
    const long = await rawRequest(port, `GET / HTTP/1.1\r\nX-Long: ${"x".repeat(100_000)}\r\n`);
    assert.doesNotMatch(long, /200/);
    const slow = await rawRequest(port, "GET / HTTP/1.1\r\nHost: local", { unfinished: true });
    assert.equal(slow, "", "cut off without an answer");
    assert.equal(await statusOf(get("/healthz")), 200);
  });
});

Deno.test("one address gets a bounded number of connections", async () => {
  await withServer({}, async ({ port }) => {
    await using opened = new AsyncDisposableStack();
    let refused = 0;
    const connections = await Promise.all(Array.from({ length: 120 }, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      opened.defer(() => connection.close());
      return connection;
    }));
    await Promise.all(connections.map(async (connection) => {
      const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
      try {
        await connection.write(new TextEncoder().encode(request));
        if (await connection.read(new Uint8Array(64)) === null) refused++;
      } catch {
        refused++;
      }
    }));
    assert.equal(refused, 120 - 96);
  });
});

Deno.test({
  name: `over TLS the cookie is for TLS alone${
    noCertificates === null ? "" : ` (ignored: ${noCertificates})`
  }`,
  ignore: noCertificates !== null,
}, async () => {
  await using files = await withCertificates();
  const tls = { certFile: files.serverCert, keyFile: files.serverKey };
  using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(files.ca)] });
  await withView(async ({ web }) => {
    assert.match(web.url, /^https:/);
    const body = new URLSearchParams({ token });
    const response = await fetch(`${web.url}login`, {
      method: "POST",
      body,
      client,
      redirect: "manual",
    });
    await response.body?.cancel();
    assert.match(response.headers.getSetCookie()[0]!, /; HttpOnly; Secure; SameSite=Strict/);
    await assert.rejects(fetch(web.url.replace("https", "http")));
  }, { access, tls });
});

Deno.test({
  name: `a browser signs in once, and sees${
    chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`
  }`,
  ignore: chromiumMissing !== null,
}, async () => {
  await withView(({ web, view }) =>
    withChromium(async (browser) => {
      const page = await browser.newPage();
      const asked: string[] = [];
      page.on("request", (request) => {
        asked.push(`${request.url()} ${request.headers()["referer"] ?? ""}`);
      });
      await page.goto(`${web.url}streams/door`);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await axeComplaints(page), [], colorScheme);
      }
      await page.locator("input[name=token]").fill(token);
      await page.locator("button").click();
      await page.waitForURL("**/streams/door");
      await poll("its stream", async () => await page.locator("h2").textContent() === "door");
      await poll("a viewer", () => view.viewers === 1);
      assert.ok(!asked.some((text) => text.includes(token)), "no token in addresses or referers");
      const cookies = await page.evaluate("document.cookie");
      assert.equal(cookies, "");
    }), { access });
});

Deno.test("a socket ends with its session, and says why", async () => {
  await withView(async ({ web: { port }, url }) => {
    const open = async () => {
      const body = new URLSearchParams({ token });
      const answer = await fetch(url("/login"), { method: "POST", body, redirect: "manual" });
      await answer.body?.cancel();
      const cookie = answer.headers.getSetCookie()[0]!.split(";")[0]!;
      const socket = new WebSocket(`ws://127.0.0.1:${port}/live`, { headers: { cookie } });
      const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
      await new Promise((resolve) => socket.onopen = resolve);
      const message = { type: "watch", channel: 0, stream: "door", codecs: [] };
      socket.send(JSON.stringify(message));
      return { cookie, code: async () => (await closed).code };
    };
    const [first, second] = [await open(), await open()];
    const answer = await fetch(url("/logout"), {
      method: "POST",
      headers: { cookie: first.cookie },
    });
    assert.equal(answer.status, 204);
    assert.equal(await first.code(), refusedCode);
    assert.equal(await statusOf(fetch(url("/"), { headers: { cookie: second.cookie } })), 200);
    assert.equal(await second.code(), refusedCode);
  }, { access, sessionMs: 3000 });
});

Deno.test({
  name: `a page leads to the login when its session is over${
    chromiumMissing === null ? "" : ` (ignored: ${chromiumMissing})`
  }`,
  ignore: chromiumMissing !== null,
}, async () => {
  await withView(({ web, view }) =>
    withChromium(async (browser) => {
      const page = await browser.newPage();
      await page.goto(`${web.url}live/door`);
      await page.locator("input[name=token]").fill(token);
      await page.locator("button").click();
      await poll("a viewer", () => view.viewers === 1);
      // Its other questions would lead there as well.
      await page.route("**/api/**", (route) => route.abort());
      await page.waitForURL("**/login?next=%2Flive%2Fdoor");
    }), { access, sessionMs: 6000 });
});

/** Everything that the server answers to `text` until it closes the connection. */
async function exchange(port: number, text: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const answer = new Response(connection.readable).text();
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  return await answer;
}

/** What the server answers, until it closes the connection or the head of its answer is there. */
async function rawRequest(
  port: number,
  head: string,
  { unfinished = false } = {},
): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let answer = "";
  try {
    await connection.write(new TextEncoder().encode(unfinished ? head : `${head}\r\n`));
    const bytes = new Uint8Array(4096);
    while (!answer.includes("\r\n\r\n")) {
      const count = await connection.read(bytes);
      if (count === null) break;
      answer += new TextDecoder().decode(bytes.subarray(0, count));
    }
  } catch {
    // Cut off while we wrote.
  }
  connection.close();
  return answer;
}
