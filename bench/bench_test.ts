import assert from "node:assert/strict";
import { benches } from "./bench.ts";

const root = new URL("../", import.meta.url);

Deno.test("each measurement is a script that is there", async () => {
  for (const [name, { command }] of Object.entries(benches)) {
    const script = await Deno.stat(new URL(`bench/${command.at(-1)}`, root)).catch(() => null);
    assert.ok(script?.isFile, name);
  }
});

Deno.test("the documentation names measurements that there are", async () => {
  const docs = await Array.fromAsync(Deno.readDir(new URL("docs/", root)));
  const paths = ["README.md", "bench/README.md", "bench/peers.md"]
    .concat(docs.map(({ name }) => `docs/${name}`).filter((path) => path.endsWith(".md")));
  const named = new Set<string>();
  for (const path of paths) {
    const text = await Deno.readTextFile(new URL(path, root));
    for (const [, name = ""] of text.matchAll(/deno task bench ([a-z_]+)/g)) named.add(name);
  }
  assert.ok(named.size > 5);
  assert.deepEqual([...named].filter((name) => !Object.hasOwn(benches, name)), []);
});
