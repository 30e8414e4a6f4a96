/** `docs/plugins.md` is what the plugins are. */

import assert from "node:assert/strict";
import * as helpers from "../src/mod.ts";
import type { UseCaseContext, UseCaseFactory } from "../src/mod.ts";

const root = new URL("../", import.meta.url);
const text = await Deno.readTextFile(new URL("docs/plugins.md", root));

/** Options by plugin, as the table has them, with the defaults that it tells. */
function documented(): Map<string, Map<string, string>> {
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return new Map(rows.map((row) => {
    const [, plugin = "", , , options = ""] = row.split("|").map((cell) => cell.trim());
    const entries = options.split(", ").map((option) => {
      const [, name = "", value = ""] = /^`(\w+)` ?(.*)$/.exec(option) ?? [];
      return [name, value.replaceAll("`", "")] as const;
    });
    return [plugin.replaceAll("`", ""), new Map(entries)];
  }));
}

const context: UseCaseContext = {
  stream: "s",
  model: { name: "m", inputs: [], outputs: [] },
  helpers,
  pack: () => ({}),
  log: () => {},
};

/** The plugins there are. */
async function plugins(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL("plugins/", root)));
  return entries.filter(({ isFile, name }) => isFile && !name.endsWith("_test.ts"))
    .map(({ name }) => name.replace(/\.ts$/, "")).toSorted();
}

Deno.test("docs/plugins.md has a row for each plugin, and an example", async () => {
  const names = await plugins();
  assert.deepEqual([...documented().keys()].toSorted(), names);
  for (const name of names) assert.ok(text.includes(`--use_case plugins/${name}.ts`), name);
});

for (const [name, options] of documented()) {
  Deno.test(`docs/plugins.md names the options of ${name}, and defaults that its file tells too`, async () => {
    const file = new URL(`plugins/${name}.ts`, root);
    const { default: factory } = await import(file.href) as { default: UseCaseFactory };
    const error = await Promise.try(() => factory({ "?": 1 }, context)).catch((error) => error);
    const [, known = ""] = /^no option is called "\?"; there are (.*)$/.exec(error.message) ?? [];
    assert.deepEqual([...options.keys()].toSorted(), known.split(", ").toSorted());
    const source = await Deno.readTextFile(file);
    for (const [option, value] of options) {
      if (!/^(\d|"|true|false)/.test(value)) continue;
      const told = new RegExp(`@default \\{${value}\\} \\*/\\n  readonly ${option}\\?:`);
      const toldBelow = new RegExp(`@default \\{${value}\\}\\n   \\*/\\n  readonly ${option}\\?:`);
      assert.ok(told.test(source) || toldBelow.test(source), `${option} ${value}`);
    }
  });
}

Deno.test("examples of docs/plugins.md hold options that are JSON", () => {
  const examples = [...text.matchAll(/--use_case_options\s+(?:\\\n\s*)?'([^']*)'/g)];
  assert.ok(examples.length >= 7);
  for (const [, json = ""] of examples) assert.doesNotThrow(() => JSON.parse(json), json);
});
