import assert from "node:assert/strict";
import { assetUrl } from "../../assets.ts";
import { checkConfinable } from "./prepare_plugin.ts";

Deno.test("checkConfinable() refuses in a binary what only a process of Deno's would confine", () => {
  const own = assetUrl("plugins/motion.ts").href;
  for (const module of ["door.ts", "https://plugins.example/door.ts"]) {
    assert.throws(() => checkConfinable({ module, isolation: "process" }, true), {
      name: "UseCaseError",
      message: "Cannot start plugin door: a compiled Sightline cannot confine a plugin that does " +
        "not ship with it; start Sightline with Deno, or say by --isolation worker that you trust " +
        "the plugin",
    });
    checkConfinable({ module, isolation: "worker" }, true);
    checkConfinable({ module, isolation: "process" }, false);
  }
  checkConfinable({ module: own, isolation: "process" }, true);
  checkConfinable({ module: own, isolation: "worker" }, true);
});
