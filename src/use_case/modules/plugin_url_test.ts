import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { pluginName } from "./plugin_url.ts";

Deno.test("pluginName() is the file's name without its ending", () => {
  assert.equal(pluginName("plugins/person_vehicle_bike.ts"), "person_vehicle_bike");
  assert.equal(pluginName("https://example.com/a/count.v2.ts?x=1"), "count.v2");
  assert.equal(pluginName(pathToFileURL("/tmp/zone.js").href), "zone");
});
