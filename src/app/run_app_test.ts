import assert from "node:assert/strict";
import { getLogger } from "@logtape/logtape";
import { appConfig } from "../../tests/support/app_config.ts";
import { runApp } from "./run_app.ts";

const logger = getLogger(["test"]);
const never = new AbortController().signal;
const broken = `throw new Error("no licence");`;
const works = `export default () => ({ postprocess: () => ({}) });`;

async function outcomeOf(plugins: Readonly<Record<string, string>>, signal = never) {
  const folder = await Deno.makeTempDir();
  try {
    return await runApp(await appConfig(folder, plugins), logger, { signal });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("runApp() calls the only stream's plugin bad input when it cannot be loaded", async () => {
  const { exitCode, message, culprit, summaries } = await outcomeOf({ door: broken });
  assert.equal(exitCode, 2);
  assert.match(message!, /^Cannot load plugin \w+: no licence, at .*\.[jt]s:2:7$/);
  assert.deepEqual([culprit?.stream.name, culprit?.setting], ["door", "use_case"]);
  assert.deepEqual(summaries, []);
});

Deno.test("runApp() names the streams that could not go on, and calls it bad input when none ran", async () => {
  const { exitCode, message, culprit, summaries } = await outcomeOf({ a: broken, b: broken });
  assert.equal(exitCode, 2);
  assert.match(message!, /^2 of 2 streams could not go on: (a, b|b, a)$/);
  assert.equal(culprit, undefined);
  assert.deepEqual(summaries.map(({ stream, frames: { received } }) => [stream, received]), [
    ["a", 0],
    ["b", 0],
  ]);
});

Deno.test("runApp() that is stopped before it began has nothing to complain of", async () => {
  const plugins = { a: works, b: broken };
  const { exitCode, message, recordsLost, summaries } = await outcomeOf(
    plugins,
    AbortSignal.abort(),
  );
  assert.deepEqual([exitCode, message, recordsLost], [0, undefined, false]);
  assert.equal(summaries.length, 2);
});
