/** All modules of a plugin have one deadline. */

import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { updateRemotePlugin } from "./remote_plugin.ts";

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
    const options = { cacheDir, logger: getLogger(["test"]) };
    const graph = await updateRemotePlugin(url, {
      ...options,
      signal: new AbortController().signal,
    });
    assert.equal(graph.size, count + 1);
    await assert.rejects(
      updateRemotePlugin(`${url}?again`, { ...options, signal: AbortSignal.timeout(0) }),
      /Cannot fetch plugin module .*: the server did not answer within 10000 ms, for all modules/,
    );
  } finally {
    Deno.chdir(before);
    stop.abort();
    await server.finished;
    await Deno.remove(cacheDir, { recursive: true });
  }
});
