import assert from "node:assert/strict";
import { made, madePart, unaligned } from "../tools/settings_docs.ts";

const root = new URL("../", import.meta.url);

for (const [path, make] of Object.entries(made)) {
  Deno.test(`${path} says of the settings what their tables say (else: deno task settings)`, async () => {
    const text = await Deno.readTextFile(new URL(path, root));
    assert.deepEqual(unaligned(madePart(text)), unaligned(make()));
  });
}

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
