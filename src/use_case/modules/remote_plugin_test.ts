/** All modules of a plugin have one deadline. */

import assert from "node:assert/strict";
import { collectLog } from "../../../tests/support/log_lines.ts";
import { readRemotePlugin, updateRemotePlugin } from "./remote_plugin.ts";

Deno.test("updateRemotePlugin() asks for modules side by side, and gives all of them up at once", async () => {
  const count = 16;
  const waiting: (() => void)[] = [];
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} },
    ({ url }) => {
      if (new URL(url).pathname === "/plugin.js") {
        const names = Array.from({ length: count }, (_, index) => `import "./m${index}.js";`);
        return new Response(`${names.join("\n")}\nexport default () => ({ postprocess() {} });`);
      }
      const { promise, resolve } = Promise.withResolvers<Response>();
      waiting.push(() => resolve(new Response("export {};")));
      // None is answered before all are asked for.
      if (waiting.length === count) { for (const answer of waiting.splice(0)) answer(); }
      return promise;
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/plugin.js`;
  const cacheDir = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(cacheDir);
  try {
    const graph = await updateRemotePlugin(url, cacheDir, new AbortController().signal);
    assert.equal(graph.size, count + 1);
    await assert.rejects(
      updateRemotePlugin(`${url}?again`, cacheDir, AbortSignal.timeout(0)),
      /Cannot fetch plugin module .*: the server did not answer within 10000 ms, for all modules/,
    );
  } finally {
    Deno.chdir(before);
    stop.abort();
    await server.finished;
    await Deno.remove(cacheDir, { recursive: true });
  }
});

Deno.test("readRemotePlugin() pins what came first, and takes nothing else until it is accepted", async () => {
  using log = collectLog("remote");
  const modules: Record<string, string> = {
    "/p.js": 'import "./part.js"; export default () => ({ postprocess() {} });',
    "/part.js": "export {};",
  };
  let isUp = true;
  const seen: string[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) => {
      const { pathname } = new URL(url);
      seen.push(pathname);
      return isUp ? new Response(modules[pathname]) : new Response(null, { status: 503 });
    },
  );
  const entry = `http://127.0.0.1:${server.addr.port}/p.js`;
  const cacheDir = await Deno.makeTempDir();
  const before = Deno.cwd();
  Deno.chdir(cacheDir);
  const { signal } = new AbortController();
  const read = (dir = cacheDir) => readRemotePlugin(entry, dir, log.logger, signal);
  try {
    assert.equal((await read()).size, 2);
    assert.deepEqual(log.levelled, [`info: ${entry} is pinned in sightline.lock: 2 modules`]);
    assert.equal((await read()).get(entry)?.source, modules["/p.js"]);
    assert.equal(seen.length, 4, "it is looked at each time");
    // Another machine has the pins, and no copies.
    assert.equal((await read(`${cacheDir}/other`)).size, 2);
    isUp = false;
    for (const dir of [cacheDir, `${cacheDir}/other`]) assert.equal((await read(dir)).size, 2);
    assert.match(
      log.levelled.at(-1)!,
      /^warning: The copy that is pinned in sightline\.lock runs: .*503$/,
    );
    await assert.rejects(read(`${cacheDir}/empty`), /the server answered 503/);
    isUp = true;
    modules["/part.js"] = "export const a = 1;";
    await assert.rejects(read(), {
      name: "UseCaseError",
      message: new RegExp(
        `part\\.js has changed, SHA-256 [0-9a-f]{64} is pinned in sightline\\.lock and`,
      ),
    });
    modules["/p.js"] = 'import "./new.js"; import "./part.js"; export default 1;';
    modules["/new.js"] = "";
    assert.equal((await updateRemotePlugin(entry, cacheDir, signal)).size, 3);
    assert.equal((await read()).size, 3);
    // A copy that is damaged is none.
    for await (const { name } of Deno.readDir(`${cacheDir}/modules`)) {
      await Deno.writeTextFile(`${cacheDir}/modules/${name}`, "damaged");
    }
    isUp = false;
    await assert.rejects(read(), /the server answered 503/);
  } finally {
    Deno.chdir(before);
    await Deno.remove(cacheDir, { recursive: true });
  }
});
