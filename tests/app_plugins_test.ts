/** A plugin that cannot be loaded, or takes its time, costs its own streams and no other. */

import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { runApp } from "../src/app/run_app.ts";
import type { StreamStatus } from "../src/stream/status.ts";
import { poll } from "./support/poll.ts";
import { clipConfig, withApp } from "./support/with_app.ts";

/** A server of modules, and their address. */
function serveModules(answer: (path: string) => Response | Promise<Response>) {
  const stop = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} },
    ({ url }) => answer(new URL(url).pathname),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await server.finished;
    },
  };
}

const missing = { use_case: "plugins/no_such_plugin.ts" };

function find(statuses: readonly StreamStatus[], name: string): StreamStatus {
  return statuses.find((status) => status.name === name)!;
}

Deno.test("App: a plugin that cannot be loaded costs its own stream, and shows why", () =>
  withApp({ bad: missing, good: {}, worse: { secondary: { no_model: true, ...missing } } }, async ({
    app,
    get,
  }) => {
    await poll("the others run", () => find(app.statuses, "good").frames.processed > 0, 20_000);
    for (const name of ["bad", "worse"]) {
      const { state, detail } = find(app.statuses, name);
      assert.equal(state, "failed");
      assert.match(detail ?? "", /no_such_plugin\.ts: it does not exist$/);
    }
    const ready = await get("/readyz");
    assert.equal(ready.status, 503);
    const { streams } = await ready.json();
    assert.deepEqual(streams.map(({ stream }: { stream: string }) => stream), ["bad", "worse"]);
    assert.match(streams[0].reason, /no_such_plugin/);
  }));

Deno.test("App: a plugin that takes its time holds up no other stream, nor the end", async () => {
  const asked = Promise.withResolvers<void>();
  await using modules = serveModules(() => {
    asked.resolve();
    return new Promise(() => {});
  });
  await withApp({ slow: { use_case: `${modules.url}/slow.js` }, good: {} }, async ({ app }) => {
    await poll("the other one runs", () => find(app.statuses, "good").frames.processed > 0, 20_000);
    await asked.promise;
    const { state, detail } = find(app.statuses, "slow");
    assert.deepEqual({ state, detail }, {
      state: "connecting",
      detail: "The use case is being loaded",
    });
  });
});

Deno.test("App: use cases of one file do not wait for the one that cannot be loaded", async () => {
  const config = await clipConfig(0, { good: {}, bad: missing });
  const streams = config.streams.map((stream) => ({ ...stream, camera: "street" }));
  const { exitCode, message, summaries } = await runApp(
    { ...config, streams, metrics: null, limits: { ...config.limits, frames: 10 } },
    getLogger(["test"]),
    { signal: new AbortController().signal },
  );
  assert.equal(exitCode, 1);
  assert.equal(message, "1 of 2 streams could not go on: bad");
  assert.equal(summaries[0]!.frames.processed, 10);
});

Deno.test("App: when no stream has a plugin that can be loaded, that is bad input", async () => {
  const config = await clipConfig(0, { a: missing, b: missing });
  const { exitCode, message } = await runApp(
    { ...config, metrics: null },
    getLogger(["test"]),
    { signal: new AbortController().signal },
  );
  assert.equal(exitCode, 2);
  assert.equal(message, "2 of 2 streams could not go on: a, b");
});

Deno.test("App: what could not be loaded is tried again with the next configuration", async () => {
  const folder = await Deno.makeTempDir();
  const use_case = `${folder}/late.js`;
  try {
    await withApp({ late: { use_case }, good: {} }, async ({ app }) => {
      await poll("it failed", () => find(app.statuses, "late").state === "failed", 20_000);
      await Deno.writeTextFile(
        use_case,
        "export default () => ({ preprocess: () => null, postprocess: () => ({}) });",
      );
      await app.apply(await clipConfig(0, { late: { use_case }, good: {} }));
      await poll("it is live", () => find(app.statuses, "late").state === "live", 20_000);
      assert.deepEqual(app.failures, []);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
