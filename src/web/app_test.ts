import assert from "node:assert/strict";
import type { OutboxCounts } from "../delivery/outbox.ts";
import type { StreamStatus } from "../stream/status.ts";
import type { StreamView } from "../view/stream_view.ts";
import { createWebApp, type WebAppOptions } from "./app.ts";
import { Auth } from "./auth/auth.ts";
import { Credentials } from "./auth/credentials.ts";
import { loadPage, loadStaticFiles } from "./static_files.ts";
import type { WebStream } from "./web_stream.ts";

const files = await loadStaticFiles();
const page = await loadPage();

function makeStream(name: string): WebStream {
  const view = {
    feed: { quietMs: () => name === "yard" ? 2001 : null, intervalMs: 40 },
    async *watch() {
      yield new TextEncoder().encode(`picture of ${name}`);
    },
  } as unknown as StreamView;
  const plugin = () => ({ failures: 0, restarts: 0, error: null });
  const status = { name, state: "live", detail: null } as unknown as StreamStatus;
  return { name, view, status: () => status, journal: () => [], plugin, maxFrameAgeMs: 1000 };
}

function makeApp(names = ["front door", "yard"], more: Partial<WebAppOptions> = {}) {
  const streams = names.map(makeStream);
  return createWebApp({
    streams: () => streams,
    files,
    page,
    metrics: null,
    auth: null,
    localOnly: false,
    signal: new AbortController().signal,
    ...more,
  });
}

Deno.test("the page and its files come with their types and a strict policy", async () => {
  for (
    const [path, type] of [
      ["/", "text/html"],
      ["/static/app/main.js", "text/javascript"],
      ["/static/style.css", "text/css"],
      ["/static/icon.svg", "image/svg+xml"],
    ] as const
  ) {
    const response = await makeApp().request(path);
    assert.equal(response.status, 200, path);
    assert.ok(response.headers.get("content-type")?.startsWith(type), path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    assert.equal(response.headers.get("referrer-policy"), "no-referrer");
    assert.equal(
      response.headers.get("content-security-policy"),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    assert.ok((await response.bytes()).length > 100);
  }
});

Deno.test("a file that a browser has already is not sent again", async () => {
  const etag = (await makeApp().request("/static/app/main.js")).headers.get("etag")!;
  const response = await makeApp().request("/static/app/main.js", {
    headers: { "if-none-match": etag },
  });
  assert.equal(response.status, 304);
});

Deno.test("a file is sent packed to whom can unpack it", async () => {
  const whole = await (await makeApp().request("/static/app/texts.js")).bytes();
  const response = await makeApp().request("/static/app/texts.js", {
    headers: { "accept-encoding": "gzip, deflate, br" },
  });
  assert.equal(response.headers.get("content-encoding"), "gzip");
  const packed = new Blob([await response.bytes()]).stream();
  const unpacked = packed.pipeThrough(new DecompressionStream("gzip"));
  assert.deepEqual(await new Response(unpacked).bytes(), whole);
});

Deno.test("all that the pages consist of is 150 KB packed at most", () => {
  const bytes = files.reduce((sum, { gzip }) => sum + gzip.length, 0) + page("/").length;
  assert.ok(bytes <= 150_000, `${bytes} bytes`);
});

Deno.test("the table of files names every file of the folder, and no other", async () => {
  const known = files.map(({ path }) => path.slice("/static/".length))
    .filter((path) => !path.startsWith("lib/"));
  assert.deepEqual(
    [...known, "index.html"].toSorted(),
    (await filesBeneath(new URL("static/", import.meta.url))).toSorted(),
  );
});

Deno.test("each page has an address, and comes for the path that lies before it", async () => {
  for (const path of ["/", "/live/yard", "/events", "/events/01", "/zones/yard", "/health"]) {
    const response = await makeApp().request(path);
    assert.equal(response.status, 200, path);
    assert.match(await response.text(), /href="\/static\/style.css"/);
  }
  assert.doesNotMatch(page("/"), /\{\{/, "a place that was not filled");
  assert.match(page('/a"b/'), /href="\/a&#34;b\/static\/style.css"/);
});

Deno.test("/api/streams lists every stream as its status says", async () => {
  const response = await makeApp().request("/api/streams");
  const { streams } = await response.json();
  assert.deepEqual(streams.map(({ name }: StreamStatus) => name), ["front door", "yard"]);
  assert.deepEqual(streams.map(({ frozen }: { frozen: boolean }) => frozen), [false, true]);
  assert.equal(response.headers.get("cache-control"), "no-store");
});

Deno.test("/video_feed shows the first stream, or the one that is named", async () => {
  for (
    const [path, name] of [
      ["/video_feed", "front door"],
      ["/video_feed?stream=yard", "yard"],
      ["/streams/front%20door/video_feed", "front door"],
      ["/streams/yard/video_feed", "yard"],
    ] as const
  ) {
    const response = await makeApp().request(path);
    assert.match(response.headers.get("content-type")!, /^multipart\/x-mixed-replace; boundary=/);
    assert.ok((await response.text()).includes(`picture of ${name}\r\n`), path);
  }
});

Deno.test("/streams/NAME/snapshot.jpg is one picture", async () => {
  const response = await makeApp().request("/streams/yard/snapshot.jpg");
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(await response.text(), "picture of yard");
});

Deno.test("what is not there is a page for who reads pages", async () => {
  const answer = await makeApp().request("/nowhere", { headers: { accept: "text/html,*/*" } });
  assert.deepEqual([answer.status, await answer.text()], [404, page("/")]);
});

Deno.test("what is not there is 404, short and plain", async () => {
  for (
    const path of [
      "/nothing",
      "/video_feed?stream=nobody",
      "/streams/nobody/video_feed",
      "/streams/nobody/snapshot.jpg",
      "/static/",
      "/static/nothing.js",
      "/static/app/nothing.js",
      "/static/%2e%2e/%2e%2e/deno.json",
      "/..%2fdeno.json",
      "/static/..%5c..%5cdeno.json",
      "/static/app/main.js/../../../server.ts",
      "/src/web/server.ts",
      "/%00",
      "/%",
    ]
  ) {
    const response = await makeApp().request(path);
    assert.equal(response.status, 404, path);
    assert.equal(await response.text(), "Not found\n", path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
  }
  assert.equal((await makeApp([]).request("/video_feed")).status, 404);
});

Deno.test("a known path with another method is 405", async () => {
  for (const path of ["/", "/healthz", "/api/streams", "/video_feed", "/streams/yard/video_feed"]) {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const response = await makeApp().request(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
    }
  }
});

Deno.test("HEAD answers as GET does, without a body", async () => {
  for (const path of ["/", "/healthz", "/api/streams", "/video_feed"]) {
    const response = await makeApp().request(path, { method: "HEAD" });
    assert.equal(response.status, 200, path);
    assert.equal(await response.text(), "", path);
  }
});

Deno.test("files are asked for anew each time, and only those of the live element by other sites", async () => {
  const headersOf = async (path: string) => (await makeApp().request(path)).headers;
  for (const { path } of files) {
    const headers = await headersOf(path);
    const origin = path.startsWith("/static/live/") ? "*" : null;
    assert.equal(headers.get("access-control-allow-origin"), origin, path);
    assert.equal(headers.get("cache-control"), "no-cache", path);
    assert.match(headers.get("vary") ?? "", /accept-encoding/i, path);
    assert.equal(headers.get("content-encoding"), null, path);
  }
  assert.equal((await headersOf("/")).get("cache-control"), "no-cache");
});

Deno.test("a server for this machine alone answers no other name", async () => {
  const status = async (host: string, localOnly: boolean) =>
    (await makeApp([], { localOnly }).request("/healthz", { headers: { host } })).status;
  assert.deepEqual(await Promise.all([status("localhost", true), status("evil.example", true)]), [
    ...[200, 403],
  ]);
  assert.equal(await status("evil.example", false), 200);
});

Deno.test("/api/session and /readyz tell who asks no more than they may know", async () => {
  const credentials = new Credentials("secret", null, null);
  const auth = new Auth({ credentials, secure: false, port: 5000 });
  const open = makeApp(["door"]);
  const closed = makeApp(["door"], { auth });
  const of = async (app: ReturnType<typeof makeApp>, path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await app.request(path, { headers });
    return response.status === 401 ? 401 : await response.json();
  };
  assert.deepEqual(await of(open, "/api/session"), { role: "view", signed_in: false });
  assert.deepEqual(await of(closed, "/api/session", "secret"), { role: "view", signed_in: false });
  assert.equal(await of(closed, "/api/session"), 401);
  assert.deepEqual(await of(open, "/readyz"), { ready: true, streams: [] });
  assert.deepEqual(await of(closed, "/readyz", "secret"), { ready: true, streams: [] });
  assert.deepEqual(await of(closed, "/readyz"), { ready: true });
});

Deno.test("/api/streams/NAME has the journal beside the status, and /api/deliveries the books", async () => {
  const app = makeApp();
  const { name, frozen, journal } = await (await app.request("/api/streams/yard")).json();
  assert.deepEqual({ name, frozen, journal }, { name: "yard", frozen: true, journal: [] });
  assert.equal((await app.request("/api/streams/nobody")).status, 404);
  assert.deepEqual(await (await app.request("/api/deliveries")).json(), { deliveries: [] });
  const state = {
    ...{ name: "mqtt", accepted: 9, delivered: 2, expired: 1, full: 1, refused: 1 },
    ...{ oldestAtMs: null, lastError: null, disabled: null },
  } as unknown as OutboxCounts;
  const response = await makeApp([], { deliveries: () => [state] }).request("/api/deliveries");
  const { deliveries: [books] } = await response.json();
  assert.deepEqual([books.destination, books.waiting], ["mqtt", 4]);
  assert.equal(response.headers.get("cache-control"), "no-store");
});

Deno.test("a snapshot is of the size that is asked for, and 503 where there is no picture", async () => {
  const sizes: unknown[] = [];
  const stream = makeStream("yard");
  const app = makeApp([], { streams: () => [stream] });
  stream.view.watch = async function* (_signal, _caption, size) {
    sizes.push(size);
    if (sizes.length < 3) yield new Uint8Array(1);
  };
  const answers = [];
  for (const query of ["", "?size=small", "?size=huge"]) {
    const response = await app.request(`/streams/yard/snapshot.jpg${query}`);
    const type = response.headers.get("content-type")?.split(";")[0];
    answers.push([response.status, type, await response.text()]);
  }
  assert.deepEqual(answers, [
    ...[[200, "image/jpeg", "\0"], [200, "image/jpeg", "\0"]],
    [503, "text/plain", "No picture\n"],
  ]);
  const head = await app.request("/streams/yard/snapshot.jpg", { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("cache-control")], [200, "no-store"]);
  assert.deepEqual(sizes, ["full", "small", "full"], "HEAD opens no view");
});

Deno.test("a video may not be collected on its way, and ends with its viewer", async () => {
  const stream = makeStream("yard");
  const ended = Promise.withResolvers<void>();
  stream.view.watch = async function* (signal) {
    signal.addEventListener("abort", () => ended.resolve());
    yield new Uint8Array(1);
    await ended.promise;
  };
  const app = makeApp([], { streams: () => [stream] });
  const response = await app.request("/video_feed");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  assert.equal(response.headers.get("cache-control"), "no-store");
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await ended.promise;
});

Deno.test("without pages, and by other methods, what is not there is plain", async () => {
  const headers = { accept: "text/html" };
  const { page: _page, ...options } = { page, files: [], metrics: null, auth: null };
  const bare = createWebApp({
    ...{ ...options, streams: () => [], localOnly: false },
    signal: new AbortController().signal,
  });
  assert.equal(await (await bare.request("/nowhere", { headers })).text(), "Not found\n");
  assert.equal((await bare.request("/", { headers })).status, 404);
  const posted = await makeApp().request("/nowhere", { method: "POST", headers });
  assert.deepEqual([posted.status, await posted.text()], [404, "Not found\n"]);
});

Deno.test("an error within is told as nothing more than that", async () => {
  const streams = () => {
    throw new Error("a secret");
  };
  const response = await makeApp([], { streams }).request("/api/streams");
  assert.deepEqual([response.status, await response.text()], [500, "Internal error\n"]);
});

async function filesBeneath(folder: URL, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.endsWith("_test.ts")) continue;
    if (!isDirectory) found.push(prefix + name);
    else found.push(...await filesBeneath(new URL(`${name}/`, folder), `${prefix}${name}/`));
  }
  return found;
}
