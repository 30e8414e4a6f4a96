import assert from "node:assert/strict";
import { assetUrl } from "../../assets.ts";
import { getLogger } from "@logtape/logtape";
import type { UseCaseConfig } from "../settings.ts";
import { maxModuleBytes } from "./module_graph.ts";
import { checkConfinable, preparePlugin } from "./prepare_plugin.ts";

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

Deno.test("preparePlugin() reads modules of up to so many bytes", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const module = `${folder}/plugin.js`;
    const config = { module, granted: {}, isolation: "process", cacheDir: folder } as UseCaseConfig;
    const prepare = () => preparePlugin(config, getLogger(["test"]), new AbortController().signal);
    const code = "export default () => ({});";
    await Deno.writeTextFile(module, code.padEnd(maxModuleBytes));
    assert.equal((await prepare()).files.length, 1);
    await Deno.writeTextFile(module, code.padEnd(maxModuleBytes + 1));
    await assert.rejects(prepare(), {
      name: "UseCaseError",
      message: new RegExp(`plugin\\.js: it has more than ${maxModuleBytes} bytes$`),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
