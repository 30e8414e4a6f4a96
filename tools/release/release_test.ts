import assert from "node:assert/strict";
import { relative } from "node:path";
import { rootPath } from "../compile/embedded.ts";
import { moduleGraph } from "../compile/module_graph.ts";
import { dependenciesPage } from "./checks.ts";
import { strangeLicences } from "./licences.ts";
import { developmentOnly, type Package, packages } from "./packages.ts";
import { sbom } from "./sbom.ts";

const all = await packages();

function licensed(license: string): Package {
  return { ...all[0]!, license };
}

Deno.test("docs/dependencies.md is what deno.lock gives: deno task release:files", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/dependencies.md", import.meta.url));
  assert.equal(page, await dependenciesPage());
});

Deno.test("packages() tells what Sightline loads from what only tests load", () => {
  const byName = new Map(all.map((part) => [part.name, part]));
  for (const name of ["hono", "zod", "onnxruntime-node"]) {
    assert.deepEqual(
      [byName.get(name)?.development, byName.get(name)?.direct],
      [false, true],
      name,
    );
  }
  assert.deepEqual(
    [byName.get("yargs")?.development, byName.get("yargs")?.direct],
    [false, false],
    "a package of a package",
  );
  for (const name of developmentOnly) assert.equal(byName.get(name)?.development, true, name);
});

Deno.test("strangeLicences() lets nothing pass that asks for more", () => {
  const fine = ["MIT", "(AGPL-3.0-or-later OR MIT)", "(MIT AND ISC)", "Apache-2.0"];
  const strange = ["GPL-3.0-only", "unknown", "(MIT AND GPL-2.0-only)", "AGPL-3.0-or-later"];
  assert.deepEqual(strangeLicences(fine.map(licensed)), []);
  assert.deepEqual(strangeLicences(strange.map(licensed)).map(({ license }) => license), strange);
});

Deno.test("sbom() names every loaded package once, and each that another needs", () => {
  const request = {
    name: "s",
    version: "1.0.0",
    license: "MIT",
    timestamp: "2026-01-01T00:00:00Z",
  };
  const { components, dependencies } = JSON.parse(sbom({ ...request, packages: all }));
  const refs = new Set(components.map((part: { "bom-ref": string }) => part["bom-ref"]));
  assert.equal(refs.size, components.length);
  assert.equal(refs.size, all.filter(({ development }) => !development).length);
  for (const { dependsOn } of dependencies) {
    for (const ref of dependsOn) assert.ok(refs.has(ref), ref);
  }
  const [own] = dependencies;
  assert.ok(own.dependsOn.some((ref: string) => ref.startsWith("pkg:npm/%40grpc/grpc-js@")));
});

Deno.test("what is published is what an author imports, and its documentation", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    cwd: rootPath,
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  const published = [...said.matchAll(/file:\/\/(\S+) \(/g)].map(([, path]) =>
    relative(rootPath, decodeURIComponent(path!))
  );
  assert.deepEqual(
    published.toSorted(),
    [
      ...await moduleGraph(["src/mod.ts"]),
      ...["LICENSE", "README.md", "deno.json", "docs/plugins.md", "docs/use_cases.md"],
    ].toSorted(),
  );
});
