import assert from "node:assert/strict";
import { shippedPlugins } from "./shipped_plugins.ts";

Deno.test("shippedPlugins are the plugins that ship", () => {
  const files = [...Deno.readDirSync(new URL("../../plugins/", import.meta.url))]
    .filter(({ name }) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
    .map(({ name }) => name.replace(/\.ts$/, ""));
  assert.deepEqual(files.sort(), [...shippedPlugins]);
});
