import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { appConfig } from "../../tests/support/app_config.ts";
import { collectLog } from "../../tests/support/log_lines.ts";
import { poll } from "../../tests/support/poll.ts";
import { App } from "./app.ts";
import { PluginFailure } from "./plugin_failure.ts";

const never = new AbortController().signal;
const broken = `throw new Error("no licence");`;
/** Loads, and cannot run without a model. */
const wantsModel = `export default () => ({ postprocess: () => ({}) });`;

Deno.test("App.open() throws for the only stream's plugin, with the stream and the setting", async () => {
  await withFolder(async (folder) => {
    const opening = App.open(await appConfig(folder, { door: broken }), getLogger(["test"]));
    await assert.rejects(opening, (error: unknown) => {
      assert.ok(error instanceof PluginFailure);
      assert.equal(error.culprit.stream.name, "door");
      assert.match(error.message, /no licence/);
      return true;
    });
  });
});

Deno.test("App: a stream whose plugin cannot be loaded fails by itself, and is tried again with a new configuration", async () => {
  await withFolder(async (folder) => {
    using log = collectLog();
    const config = await appConfig(folder, { a: broken, b: broken });
    await using app = await App.open(config, log.logger);
    assert.deepEqual(app.statuses.map(({ name, state }) => [name, state]), [
      ["a", "connecting"],
      ["b", "connecting"],
    ]);
    await app.run(never, never);
    assert.deepEqual(app.failures.map(({ config: { name } }) => name).toSorted(), ["a", "b"]);
    assert.deepEqual(app.statuses.map(({ state }) => state), ["failed", "failed"]);
    assert.equal(log.messages.filter((line) => /the other streams go on$/.test(line)).length, 2);
    // One is gone from the configuration, the other's plugin is still broken.
    await app.apply({ ...config, streams: config.streams.slice(1) });
    assert.deepEqual(app.statuses.map(({ name }) => name), ["b"]);
    assert.deepEqual(app.failures.map(({ config: { name } }) => name), ["b"]);
    assert.deepEqual(app.summaries.map(({ stream }) => stream), ["a", "b"]);
    assert.ok(
      log.messages.some((line) => /^Cannot apply the new settings: .*no licence/.test(line)),
    );
  });
});

Deno.test("App: a stream that fails, is set otherwise and fails again, has failed once", async () => {
  await withFolder(async (folder) => {
    const config = await appConfig(folder, { a: wantsModel, b: wantsModel });
    await using app = await App.open(config, getLogger(["test"]));
    await app.run(never, never);
    const failed = () => app.failures.map(({ config: { name } }) => name).toSorted();
    assert.deepEqual(failed(), ["a", "b"]);
    const [a, b] = config.streams;
    await app.apply({ ...config, streams: [{ ...a!, maxFrameAgeMs: 999 }, b!] });
    await poll("it failed again", () => failed().includes("a"));
    assert.deepEqual(failed(), ["a", "b"]);
    await app.apply({ ...config, streams: [b!] });
    assert.deepEqual(failed(), ["b"]);
  });
});

Deno.test("App: a stop ends streams that are still loading their plugins, without a failure", async () => {
  await withFolder(async (folder) => {
    const config = await appConfig(folder, { a: broken, b: broken });
    const app = await App.open(config, getLogger(["test"]));
    await using _app = app;
    await app.run(AbortSignal.abort(), never);
    assert.deepEqual(app.failures, []);
    assert.equal(app.sinkTotals.isLossy, false);
    assert.equal(app.eventsLost, 0);
  });
});

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
