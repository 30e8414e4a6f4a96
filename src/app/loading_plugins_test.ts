import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { appConfig } from "../../tests/support/app_config.ts";
import { noGuard } from "../process_guard.ts";
import { PluginPool } from "../use_case/plugin_pool.ts";
import { LoadingPlugins } from "./loading_plugins.ts";
import { PluginFailure } from "./plugin_failure.ts";

const logger = getLogger(["test"]);
const works = `export default () => ({ postprocess: () => ({}) });`;

Deno.test("LoadingPlugins names the setting of the plugin that cannot be loaded", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { streams } = await appConfig(folder, { a: works, b: `throw new Error("no licence");` });
    const [good, bad] = streams;
    const config = (useCase = bad!.useCase) => ({ labels: null, useCase }) as never;
    const pool = new PluginPool(logger, () => noGuard);
    const cases = [
      [{ ...bad!, secondary: null }, "use_case"],
      [{ ...good!, secondary: config() }, "secondary.use_case"],
      [{ ...good!, secondary: config(good!.useCase) }, null],
    ] as const;
    for (const [stream, setting] of cases) {
      await using plugins = new LoadingPlugins(stream, pool, logger);
      const failure = await plugins.loaded.then(() => null, (error) => error);
      assert.equal(failure instanceof PluginFailure ? failure.culprit.setting : null, setting);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("LoadingPlugins waits for nothing that is still loading when it is disposed of", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { streams: [stream] } = await appConfig(folder, { a: `await new Promise(() => {});` });
    const pool = new PluginPool(logger, () => noGuard);
    const plugins = new LoadingPlugins(stream!, pool, logger);
    await plugins[Symbol.asyncDispose]();
    await assert.rejects(plugins.loaded);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
