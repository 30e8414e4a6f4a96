import assert from "node:assert/strict";
import { commandSettings, processSettings, streamSettings } from "../src/config/settings.ts";

const root = new URL("../", import.meta.url);

/** Rows of README's table of flags: the flags it names and the text of its default. */
async function readmeFlags(): Promise<Map<string, string>> {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const section = readme.split("\n## Flags\n")[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `--"));
  return new Map(rows.flatMap((row) => {
    const [, flags = "", , byDefault = ""] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    return [...flags.matchAll(/`--(\w+)`/g)].map(([, name]) => [name!, byDefault] as const);
  }));
}

Deno.test("README names every flag of run, and no other", async () => {
  const documented = [...(await readmeFlags()).keys()].toSorted();
  const tables = { ...commandSettings, ...streamSettings, ...processSettings };
  const known = Object.keys(tables).toSorted();
  assert.deepEqual(documented, known);
});

Deno.test("README tells the defaults that the parser has", async () => {
  const documented = await readmeFlags();
  for (
    const [name, { default: value = null }] of Object.entries({
      ...streamSettings,
      ...processSettings,
    })
  ) {
    if (value === null || value === false || value === 0 || Array.isArray(value)) continue;
    const told = documented.get(name)?.replaceAll("`", "");
    assert.equal(told, String(value), `--${name}`);
  }
});

/** Each page, with its text outside of blocks of code. */
async function pages(): Promise<[path: string, text: string][]> {
  const paths = ["README.md", "bench/README.md", "demo/README.md"];
  for await (const { name } of Deno.readDir(new URL("docs/", root))) {
    if (name.endsWith(".md")) paths.push(`docs/${name}`);
  }
  return await Promise.all(paths.map(async (path) => {
    const text = await Deno.readTextFile(new URL(path, root));
    return [path, text.replaceAll(/```[^]*?```/g, "")];
  }));
}

Deno.test("code in the documentation's sentences stands on one line, to be copied", async () => {
  for (const [path, text] of await pages()) {
    const broken = text.split(/\n{2,}/).flatMap((part) => part.match(/`[^`]+`/g) ?? [])
      .filter((code) => code.includes("\n"));
    assert.deepEqual(broken, [], path);
  }
});

Deno.test("links in the documentation lead somewhere", async () => {
  for (const [path, text] of await pages()) {
    const file = new URL(path, root);
    for (const [, target = ""] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      await assert.doesNotReject(Deno.stat(new URL(target, file)), `${path} links to ${target}`);
    }
  }
});
