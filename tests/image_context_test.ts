/** What `docker build` is given holds all that the Dockerfile copies and Sightline reads. */

import assert from "node:assert/strict";
import dockerignore from "@balena/dockerignore";
import { embeddedFiles, embeddedModules } from "../tools/compile/embedded.ts";
import { moduleGraph } from "../tools/compile/module_graph.ts";

const root = new URL("../", import.meta.url);
const dockerfile = await Deno.readTextFile(new URL("Dockerfile", root));
const rules = await Deno.readTextFile(new URL(".dockerignore", root));
// Its types speak of an ES module, which it is not.
const ignore = dockerignore as unknown as typeof dockerignore.default;
const isInContext = ignore().add(rules).createFilter();

/** What the Dockerfile's COPY lines name, other stages left out. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)]
  .flatMap(([, sources]) => sources!.split(" "));

/** Whether a file comes into the image. */
function isCopied(path: string): boolean {
  return copied.some((source) => path === source || path.startsWith(`${source}/`));
}

const needed = new Set([
  ...await moduleGraph(["main.ts", ...embeddedModules, "tools/health_check.ts"]),
  ...await embeddedFiles(),
  ...["deno.json", "deno.lock", "deploy/entrypoint.sh"],
]);

Deno.test("the image gets every file that Sightline reads", () => {
  assert.ok(copied.length > 5 && needed.size > 100);
  for (const path of needed) {
    assert.ok(isInContext(path), `.dockerignore keeps ${path} out`);
    assert.ok(isCopied(path), `the Dockerfile does not copy ${path}`);
  }
});

Deno.test("the image gets no tests, no secrets, and no files of the repository itself", () => {
  for (
    const path of [
      ...[".git/config", ".env", "tests/docs_test.ts", "src/assets_test.ts", ".deno/bin/deno"],
      ...["bench/floor.ts", "demo/training/train.py", "deploy/helm/sightline/values.yaml"],
    ]
  ) assert.ok(!isInContext(path) || !isCopied(path), path);
});
