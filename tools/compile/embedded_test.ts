/** What a binary would lack is found here, whether or not one can be made on this machine. */

import assert from "node:assert/strict";
import { join, posix } from "node:path";
import { embeddedFiles, embeddedModules, rootPath } from "./embedded.ts";
import { moduleGraph } from "./module_graph.ts";

const reached = await moduleGraph(["main.ts", ...embeddedModules]);
const embedded = new Set([...await embeddedFiles(), ...reached]);

/** Modules of ours that run in a binary, with their text. */
const sources: ReadonlyMap<string, string> = new Map(
  await Promise.all(
    reached.filter((path) => path.startsWith("src/") && path.endsWith(".ts"))
      .map(async (path) => [path, await Deno.readTextFile(join(rootPath, path))] as const),
  ),
);

/** What a pattern's first group matches, with the module it stands in. */
function matches(pattern: RegExp): [module: string, match: string][] {
  return [...sources].flatMap(([module, text]) =>
    [...text.matchAll(pattern)].map((match): [string, string] => [module, match[1]!])
  );
}

Deno.test("every file that is read through assets.ts is embedded", () => {
  const named = matches(/(?:readAsset|readAssetText|assetFile|loadProto)\(\s*["`]([^"`]+)["`]/g);
  assert.ok(named.length >= 6, "the pattern no longer finds the calls");
  for (const [module, path] of named) {
    // A name that is put together at run time: its folder must be there.
    const [folder, rest] = path.split("${", 2);
    const found = rest === undefined
      ? embedded.has(path)
      : [...embedded].some((file) => file.startsWith(folder!));
    assert.ok(found, `${module} reads ${path}`);
  }
});

Deno.test("every module that is started by its URL is embedded, and is all that import.meta.url is for", () => {
  const named = matches(/new URL\(\s*"([^"]+)",\s*import\.meta\.url/g);
  assert.ok(named.some(([, path]) => path.endsWith("onnx_worker.ts")));
  for (const [module, path] of named) {
    if (module === "src/assets.ts") continue;
    const target = posix.join(posix.dirname(module), path);
    // Read beside itself by a tool that never runs in a binary.
    if (module === "src/authoring/contract_text.ts") continue;
    assert.ok(embedded.has(target), `${module} names ${target}`);
    assert.ok(target.endsWith(".ts"), `${module} reads ${target} without src/assets.ts`);
  }
});

Deno.test("every import with a name that is put together at run time is known", () => {
  const computed = matches(/((?<![\w.])import\((?!\s*"|\$\{|\))[^)]*\))/g);
  assert.deepEqual(computed.map(([module, text]) => `${module}: ${text}`), []);
});

Deno.test("plugins, templates, the contract and the demo are embedded, tests are not", () => {
  for (
    const path of [
      ...["plugins/yolo.ts", "plugins/yolo/decode.ts", "src/contract.ts", "demo/street.mp4"],
      ...["src/authoring/templates/blank/my_use_case_test.ts", "src/web/static/index.html"],
    ]
  ) assert.ok(embedded.has(path), path);
  const tests = [...embedded].filter((path) =>
    /_test\.ts$/.test(path) && !path.startsWith("src/authoring/templates/")
  );
  assert.deepEqual(tests, []);
});
