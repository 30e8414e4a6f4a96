import assert from "node:assert/strict";
import { assetUrl } from "../../assets.ts";
import { getLogger, type Logger } from "@logtape/logtape";
import { collectLog } from "../../../tests/support/log_lines.ts";
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

/** A plugin in a folder of its own, and what it is prepared as. */
async function withPluginAt(
  code: string,
  use: (
    prepare: (more?: Partial<UseCaseConfig>, logger?: Logger) => ReturnType<typeof preparePlugin>,
    path: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const module = `${folder}/plugin.js`;
    await Deno.writeTextFile(module, code);
    const config = { module, granted: {}, isolation: "process", cacheDir: `${folder}/cache` };
    const prepare = (more: Partial<UseCaseConfig> = {}, logger = getLogger(["test"])) =>
      preparePlugin({ ...config, ...more } as UseCaseConfig, logger, new AbortController().signal);
    await use(prepare, module);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("preparePlugin() knows whether a plugin is still what was looked at", async () => {
  await withPluginAt('import "./part.js"; export default () => ({});', async (prepare, path) => {
    const part = path.replace("plugin.js", "part.js");
    await Deno.writeTextFile(part, "export {};");
    const { url, version, files, isUnchanged } = await prepare();
    assert.equal(url, `file://${path}`);
    assert.deepEqual(files, [part, path]);
    assert.equal(await isUnchanged(), true);
    await Deno.writeTextFile(part, "export const a = 1;");
    assert.equal(await isUnchanged(), false);
    assert.notEqual((await prepare()).version, version);
    await Deno.writeTextFile(part, "export {};");
    assert.equal(await isUnchanged(), true);
    assert.equal((await prepare()).version, version);
    await Deno.remove(part);
    assert.equal(await isUnchanged(), false);
    await assert.rejects(prepare(), {
      message:
        `Cannot load plugin module file://${part}: it does not exist, imported by ${path}:1:8`,
    });
    await Deno.mkdir(part);
    await assert.rejects(prepare(), /part\.js: it is no file, imported by .*plugin\.js:1:8$/);
  });
});

Deno.test("preparePlugin() names the line of an import that is missing, of unused ones the file", async () => {
  await withPluginAt(
    "export { a } from './part.ts'; export default () => ({});",
    async (prepare, path) => {
      const part = path.replace("plugin.js", "part.ts");
      const types = "interface Door {\n  readonly open: boolean;\n}\n\nenum Side { In, Out }\n";
      await Deno.writeTextFile(
        part,
        `${types}import {\n  b,\n} from "./gone.ts";\nexport const a = b;`,
      );
      await assert.rejects(prepare(), {
        name: "UseCaseError",
        message: new RegExp(`/gone\\.ts: it does not exist, imported by ${part}:8:8$`),
      });
      await Deno.writeTextFile(part, `import { b } from "./gone.ts";\nexport const a = 1;`);
      await assert.rejects(prepare(), new RegExp(`it does not exist, imported by file://${part}$`));
    },
  );
});

Deno.test("preparePlugin() has a copy run where an import has to be rewritten", async () => {
  const code = 'import "@sightline/sightline"; export default () => ({});';
  await withPluginAt(code, async (prepare, path) => {
    const { url, files, isUnchanged } = await prepare();
    assert.ok(url.includes("/cache/") && url !== `file://${path}`, url);
    assert.equal(files.length, 1);
    assert.ok(url.startsWith(`file://${files[0]}/`));
    await Deno.writeTextFile(path, "changed");
    assert.equal(await isUnchanged(), true);
  });
});

Deno.test("preparePlugin() starts nothing that asks for more than it is granted, and tells what is idle", async () => {
  const code =
    "export const permissions = { net: ['a'], read: ['/x'] }; export default () => ({});";
  await withPluginAt(code, async (prepare) => {
    using log = collectLog("plugin");
    await assert.rejects(prepare(), {
      name: "UseCaseError",
      message: "Cannot start plugin plugin: it asks for net=a,read=/x, which is not granted; " +
        "add --allow_plugin net=a,read=/x",
    });
    await assert.rejects(prepare({ granted: { net: ["a"] } }), /it asks for read=\/x, which/);
    await prepare({ granted: { net: ["a"], read: ["/x"] } }, log.logger);
    assert.deepEqual(log.levelled, []);
    await prepare({ granted: { net: ["a"], read: ["/x"], env: true } }, log.logger);
    assert.deepEqual(log.levelled, ["warning: It may use env=*, which it does not ask for"]);
    // What it would send is withheld.
    await prepare({ granted: { read: ["/x"] }, withholdsNet: true });
  });
});

Deno.test("preparePlugin() loads no plugin by a URL with a password, which the lock would tell", async () => {
  for (const module of ["https://u@h/p.js", "https://:p@h/p.js"]) {
    await withPluginAt("", async (prepare) => {
      await assert.rejects(
        prepare({ module }),
        /its URL holds a user or password, which sightline\.lock/,
      );
    });
  }
});

Deno.test("preparePlugin() runs a plugin with data of its own where it lies", async () => {
  const code = 'import data from "./data.json" with { type: "json" }; export default () => data;';
  await withPluginAt(code, async (prepare, path) => {
    await Deno.writeTextFile(path.replace("plugin.js", "data.json"), "{}");
    const { url, files } = await prepare();
    assert.deepEqual([url, files.length], [`file://${path}`, 2]);
  });
});
