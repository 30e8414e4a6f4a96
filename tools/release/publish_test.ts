/** What authors of plugins get as a package: the contract with all that it imports, and no more. */

import assert from "node:assert/strict";
import { glob } from "node:fs/promises";
import { rootPath } from "../compile/embedded.ts";
import { moduleGraph } from "../compile/module_graph.ts";
import project from "../../deno.json" with { type: "json" };

Deno.test("deno publish sends the modules that src/mod.ts reaches, and documents for authors", async () => {
  const { include, exclude } = project.publish;
  const files = await Array.fromAsync(glob(include, { cwd: rootPath, exclude }));
  const modules = files.filter((file) => file.endsWith(".ts")).toSorted();
  assert.deepEqual(modules, await moduleGraph(["src/mod.ts"]));
  const others = files.filter((file) => !file.endsWith(".ts")).toSorted();
  const documents = ["LICENSE", "README.md", "deno.json", "docs/plugins.md", "docs/use_cases.md"];
  assert.deepEqual(others, documents);
});
