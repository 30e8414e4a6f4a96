/** Plugins by URL: fetched, pinned, refused when they changed, and kept for when the server is away. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sightlineResult } from "./support/run_sightline.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const base = [
  ...["--stream_url", join(root, "demo/street.mp4"), "--limit_frames", "1", "--sink", "stdout"],
  ...["--model_path", join(root, "demo/person_vehicle_bike.onnx"), "--plugin_cache", "cache"],
];

/** A web server with a few modules, in a working directory of its own. */
class Site implements AsyncDisposable {
  readonly pages = new Map<string, string | ((request: Request) => Response | Promise<Response>)>();
  readonly requests: string[] = [];
  readonly folder = Deno.makeTempDirSync();
  #server: Deno.HttpServer<Deno.NetAddr> | null;
  readonly origin: string;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      this.requests.push(pathname);
      const page = this.pages.get(pathname);
      if (page === undefined) return new Response("gone", { status: 404 });
      if (typeof page === "function") return page(request);
      return new Response(page, { headers: { "content-type": "application/typescript" } });
    });
    this.origin = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async close(): Promise<void> {
    await this.#server?.shutdown();
    this.#server = null;
  }

  run(path: string, ...more: string[]) {
    const url = path.startsWith("/") ? this.origin + path : path;
    return sightlineResult([...base, "--use_case", url, ...more], { cwd: this.folder });
  }

  plugins(...args: string[]) {
    return sightlineResult(["plugins", ...args], { cwd: this.folder });
  }

  lock(): Promise<string> {
    return Deno.readTextFile(join(this.folder, "sightline.lock"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const counter = (value: number) => `
import type { UseCaseFactory } from "https://sightline.invalid/mod.ts";
import { iou } from "@sightline/sightline";
import { step, type Step } from "./lib/step.ts";
import names from "./names.json" with { type: "json" };
const make: UseCaseFactory = () => ({
  postprocess: () => ({ data: [${value} as Step, step, names.length, typeof iou] }),
});
export default make;
`;

function fill(site: Site): void {
  site.pages.set("/counter.ts", counter(1));
  site.pages.set("/lib/step.ts", `export type Step = number;\nexport const step: Step = 5;`);
  site.pages.set("/names.json", `["a", "b"]`);
}

for (const isolation of ["process", "worker"]) {
  Deno.test(`a plugin by URL runs in a ${isolation}, is pinned, and works offline`, async () => {
    await using site = new Site();
    fill(site);
    const first = await site.run("/counter.ts", "--isolation", isolation);
    assert.equal(first.code, 0, first.stderr);
    assert.deepEqual(JSON.parse(first.stdout).data, [1, 5, 2, "function"]);
    assert.deepEqual(site.requests, ["/counter.ts", "/lib/step.ts", "/names.json"]);
    assert.match(first.stderr, /counter\.ts is pinned in sightline\.lock: 3 modules/);
    const pins = JSON.parse(await site.lock()).plugins[`${site.origin}/counter.ts`];
    assert.deepEqual(Object.keys(pins).length, 3);
    const listed = await site.plugins("list");
    for (const [url, hash] of Object.entries(pins)) {
      assert(listed.stdout.includes(`${hash}  ${url}\n`), listed.stdout);
    }
    await site.close();
    const offline = await site.run("/counter.ts", "--isolation", isolation);
    assert.equal(offline.code, 0, offline.stderr);
    assert.deepEqual(JSON.parse(offline.stdout).data, [1, 5, 2, "function"]);
    assert.match(offline.stderr, /The copy that is pinned in sightline\.lock runs: Cannot fetch/);
  });
}

Deno.test("a plugin by URL that has changed is refused until plugins update accepts it", async () => {
  await using site = new Site();
  fill(site);
  assert.equal((await site.run("/counter.ts")).code, 0);
  const step = `${site.origin}/lib/step.ts`;
  const pinned = JSON.parse(await site.lock()).plugins[`${site.origin}/counter.ts`][step];
  site.pages.set("/lib/step.ts", `export type Step = number;\nexport const step = 6;`);
  const changed = await site.run("/counter.ts");
  assert.equal(changed.code, 2);
  const refusal =
    /lib\/step\.ts has changed, SHA-256 (\w{64}) is pinned in sightline\.lock and the server sends (\w{64}); "plugins update .*counter\.ts" accepts it/;
  const [, was, is] = refusal.exec(changed.stderr) ?? assert.fail(changed.stderr);
  assert.equal(was, pinned);
  const update = await site.plugins(
    "update",
    `${site.origin}/counter.ts`,
    "--plugin_cache",
    "cache",
  );
  assert.equal(update.code, 0, update.stderr);
  assert(update.stdout.includes(`${step}\n  was ${was}\n  is  ${is}\n`), update.stdout);
  const accepted = await site.run("/counter.ts");
  assert.deepEqual(JSON.parse(accepted.stdout).data, [1, 6, 2, "function"]);
});

Deno.test("a plugin by URL whose kept copy is damaged and whose server is away is refused", async () => {
  await using site = new Site();
  fill(site);
  assert.equal((await site.run("/counter.ts")).code, 0);
  await site.close();
  const folder = join(site.folder, "cache", "modules");
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.writeTextFile(join(folder, name), "export default () => ({ postprocess() {} })");
  }
  const { code, stderr } = await site.run("/counter.ts");
  assert.equal(code, 2, stderr);
  assert.match(stderr, /Cannot fetch plugin module http.*counter\.ts: /);
});

const module = "export default () => ({ postprocess: () => ({}) });";
const refusals: [name: string, pages: Record<string, unknown>, message: RegExp][] = [
  ["that is absent", {}, /Cannot fetch plugin module http:.*\/p\.ts: the server answered 404/],
  ["that is redirected", {
    "/p.ts": () => new Response(null, { status: 302, headers: { location: "/other.ts" } }),
    "/other.ts": module,
  }, /\/p\.ts: it is redirected to \/other\.ts, give that address/],
  ["that is an HTML page", {
    "/p.ts": () => new Response("<p>hi", { headers: { "content-type": "text/html" } }),
  }, /\/p\.ts: the server sent an HTML page, no module/],
  ["that is an HTML page by another name", { "/p.ts": "\n<!DOCTYPE html><p>hi" }, /an HTML page/],
  ["whose modules import each other", {
    "/p.ts": `import "./q.ts"; ${module}`,
    "/q.ts": `import "./r.ts";`,
    "/r.ts": `import "./q.ts";`,
  }, /its modules import each other: http:.*\/q\.ts → http:.*\/r\.ts → http:.*\/q\.ts/],
  ["of 50 MB", {
    "/p.ts": () => new Response(new Blob([new Uint8Array(50_000_000)]).stream()),
  }, /\/p\.ts: it has more than 4194304 bytes/],
  ["of 50 MB, as announced", {
    "/p.ts": () => new Response(new Uint8Array(50_000_000)),
  }, /\/p\.ts: it has more than 4194304 bytes/],
  [
    "with a syntax error",
    { "/p.ts": "export default (" },
    /Cannot load plugin module http:.*\/p\.ts/,
  ],
  ["that imports a package", { "/p.ts": `import "npm:zod"; ${module}` }, /it imports "npm:zod"/],
  ["that imports a bare name", { "/p.ts": `import "zod"; ${module}` }, /it imports "zod", allowed/],
  ["that imports a file", { "/p.ts": `import "file:///etc/p.js"; ${module}` }, /it imports "file:/],
  ["that imports data:", { "/p.ts": `import "data:text/javascript,1"; ${module}` }, /"data:text/],
  ["that imports what it computes", {
    "/p.ts": "const x = './a.ts'; await import(x); " + module,
  }, /import\(\) must have a literal specifier/],
  [
    "of no UTF-8",
    { "/p.ts": () => new Response(Uint8Array.of(0xff, 0xfe)) },
    /it is no UTF-8 text/,
  ],
  ["without a factory", { "/p.ts": "export const a = 1;" }, /its default export is missing/],
];

for (const [name, pages, message] of refusals) {
  Deno.test(`a plugin by URL ${name} is refused`, async () => {
    await using site = new Site();
    for (const [path, page] of Object.entries(pages)) site.pages.set(path, page as string);
    const { code, stdout, stderr } = await site.run("/p.ts", "--log_level", "ERROR");
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  });
}

Deno.test("a plugin by URL whose server never answers, or is not there, is refused", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using site = new Site();
  const silent = await site.run(`http://127.0.0.1:${listener.addr.port}/p.ts`);
  assert.equal(silent.code, 2);
  assert.match(silent.stderr, /\/p\.ts: the server did not answer within 10000 ms/);
  const { port } = listener.addr;
  listener.close();
  const absent = await site.run(`http://127.0.0.1:${port}/p.ts`);
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /Cannot fetch plugin module http:.*refused/i);
  const secret = await site.run("https://user:topsecret@plugins.invalid/p.ts");
  assert.equal(secret.code, 2);
  assert.match(secret.stderr, /its URL holds a user or password/);
  assert.doesNotMatch(secret.stderr, /topsecret/);
});

const withoutImports = (origin: string) => `
import type { Detection, UseCaseFactory } from "${origin}/src/contract.ts";
const make: UseCaseFactory = (_options, { helpers: { createTracker, iou, nms } }) => {
  const tracker = createTracker({ minHits: 1 });
  return {
    postprocess: (_outputs, { ptsMs }) => {
      const box = { x: 0, y: 0, width: 0.5, height: 0.5 };
      const found: Detection[] = [0.9, 0.8].map((confidence) => (
        { label: "a", labelId: 0, confidence, box }
      ));
      return { detections: tracker.update(nms(found), ptsMs), data: iou(box, box) };
    },
  };
};
export default make;
`;

const withLibrary = `
import { createTracker, nms } from "./src/mod.ts";
export default () => ({
  postprocess: () => ({ data: [typeof createTracker, nms([]).length] }),
});
`;

for (const isolation of ["process", "worker"]) {
  Deno.test(`a plugin by URL has the helpers without an import, in a ${isolation}`, async () => {
    await using site = new Site();
    site.pages.set("/people.ts", withoutImports(site.origin));
    const { code, stdout, stderr } = await site.run("/people.ts", "--isolation", isolation);
    assert.equal(code, 0, stderr);
    const { detections, data } = JSON.parse(stdout);
    assert.equal(data, 1);
    assert.equal(detections.length, 1);
    assert.equal(detections[0].track_id, 1);
    // The types are for editors: they are not fetched.
    assert.deepEqual(site.requests, ["/people.ts"]);
  });
}

Deno.test("a plugin by URL may import the library from where it lies itself", async () => {
  await using site = new Site();
  for await (const { name, isFile } of Deno.readDir(join(root, "src/helpers"))) {
    if (!isFile) continue;
    site.pages.set(
      `/src/helpers/${name}`,
      await Deno.readTextFile(join(root, "src/helpers", name)),
    );
  }
  site.pages.set("/src/mod.ts", await Deno.readTextFile(join(root, "src/mod.ts")));
  site.pages.set("/people.ts", withLibrary);
  const first = await site.run("/people.ts");
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(JSON.parse(first.stdout).data, ["function", 0]);
  // Pinned like all the rest of it.
  assert.match(await site.lock(), /\/src\/helpers\/nms\.ts/);
  await site.close();
  const offline = await site.run(`${site.origin}/people.ts`);
  assert.equal(offline.code, 0, offline.stderr);
});
