import assert from "node:assert/strict";
import type { StreamStatus } from "../stream/status.ts";
import type { StreamView } from "../view/stream_view.ts";
import { createWebApp } from "./app.ts";
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

function makeApp(names = ["front door", "yard"]) {
  const streams = names.map(makeStream);
  return createWebApp({
    streams: () => streams,
    files,
    page,
    metrics: null,
    auth: null,
    localOnly: false,
    signal: new AbortController().signal,
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

async function filesBeneath(folder: URL, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name.endsWith("_test.ts")) continue;
    if (!isDirectory) found.push(prefix + name);
    else found.push(...await filesBeneath(new URL(`${name}/`, folder), `${prefix}${name}/`));
  }
  return found;
}
