import assert from "node:assert/strict";
import { diffConfig } from "./diff_config.ts";
import { configOf, type Settings } from "../../tests/support/config_of.ts";
import type { ResolvedConfig } from "./resolve_config.ts";

function config(
  streams: Readonly<Record<string, Settings>>,
  process: Settings = {},
): ResolvedConfig {
  const named = Object.entries(streams).map(([name, more]) => [
    name,
    { stream_url: `rtsp://camera/${name}`, ...more },
  ]);
  return configOf(Object.fromEntries(named), { process });
}

Deno.test("the same configuration read twice changes nothing", () => {
  const read = () => config({ door: {}, yard: { sink: ["stdout"] } }, { log_level: "DEBUG" });
  assert.deepEqual(diffConfig(read(), read()), {
    added: [],
    changed: [],
    removed: [],
    needsRestart: [],
  });
});

Deno.test("streams are told apart by name, whatever their order", () => {
  const before = config({ door: {}, yard: {}, gate: {} });
  const after = config({ hall: {}, gate: { fps: 5 }, door: {} });
  const { added, changed, removed } = diffConfig(before, after);
  assert.deepEqual(added.map(({ name }) => name), ["hall"]);
  assert.deepEqual(changed, after.streams.slice(1, 2));
  assert.deepEqual(removed, ["yard"]);
});

Deno.test("settings of the process are named when they wait for the next start", () => {
  const after = config({ door: {} }, { visualizer_port: 5000, log_format: "json" });
  assert.deepEqual(diffConfig(config({ door: {} }), after).needsRestart, ["visualizer", "log"]);
});
