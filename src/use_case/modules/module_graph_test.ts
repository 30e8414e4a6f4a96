import assert from "node:assert/strict";
import { linkModules } from "./link_modules.ts";
import { readGraph } from "./module_graph.ts";

const rest = "export default () => ({ postprocess() {} });";

/** Reads modules from a record. */
function from(modules: Readonly<Record<string, string>>) {
  return (url: string, claim: (byteLength: number) => void) => {
    const source = modules[url] ?? assert.fail(`asked for ${url}`);
    claim(source.length);
    return Promise.resolve(source);
  };
}

Deno.test("readGraph() takes comments and imports in one pass, up to a number of imports", async () => {
  const entry = "file:///p/door.js";
  // Copied once for each of them, this took minutes.
  const source = `${rest}\n${"//sourceURL\n".repeat(340_000)}`;
  const graph = await readGraph(entry, from({ [entry]: source }));
  assert.equal(graph.get(entry)?.parsed?.code.length, source.length);
  assert.doesNotMatch(graph.get(entry)!.parsed!.code, /sourceURL/);
  const many = 'import"@sightline/sightline";'.repeat(130_000);
  await assert.rejects(readGraph(entry, from({ [entry]: many + rest })), {
    name: "UseCaseError",
    message: `Cannot load plugin module ${entry}: it has more than 1000 imports`,
  });
});

Deno.test("readGraph() leaves the thread free that it is called on, however long a module is", async () => {
  const entry = "file:///p/door.js";
  const source = `${rest}\nexport const list = [${"() => [1, {}], ".repeat(130_000)}];`;
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const graph = await readGraph(entry, from({ [entry]: source }));
  clearInterval(timer);
  assert.equal(graph.get(entry)?.parsed?.code, source);
  assert.ok(turns > 5, `${turns} turns`);
});

Deno.test("linkModules() rewrites every import where it stands", async () => {
  const cacheDir = await Deno.makeTempDir();
  try {
    const [entry, part] = ["file:///p/door.js", "file:///p/part.js"];
    const graph = await readGraph(
      entry,
      from({ [entry]: `import "./part.js"; /* 1 */ export * from "./part.js";\n`, [part]: "" }),
    );
    const { entry: linked } = await linkModules(graph, entry, cacheDir);
    assert.match(
      await Deno.readTextFile(new URL(linked)),
      /^import "(\.\/part_js-\w+\.mjs)"; \/\* 1 \*\/ export \* from "\1";\n$/,
    );
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
});

Deno.test("readGraph() bounds the bytes of all modules together", async () => {
  const modules: Record<string, string> = {};
  const names = Array.from({ length: 9 }, (_, index) => `file:///p/m${index}.js`);
  for (const name of names) modules[name] = `//${" ".repeat(4_000_000)}`;
  const entry = "file:///p/door.js";
  modules[entry] = names.map((name) => `import "${name}";`).join("") + rest;
  await assert.rejects(readGraph(entry, from(modules)), {
    message: `Cannot load plugin ${entry}: its modules have more than 33554432 bytes together`,
  });
});

Deno.test("readGraph() refuses specifiers that are no address", async () => {
  const specifiers = ["./a%2fb.json", "file://host/x.json", "//["];
  for (const specifier of specifiers) {
    const entry = "file:///p/door.js";
    await assert.rejects(
      readGraph(entry, from({ [entry]: `import "${specifier}"; ${rest}` })),
      /^UseCaseError: Cannot load plugin module file:.*, which is no address: /,
      specifier,
    );
  }
});

Deno.test("readGraph() reads a plugin by URL from its own origin alone", async () => {
  const entry = "http://plugins.example/door.js";
  const others = ["http://10.0.0.1/x.json", "https://plugins.example/x.js", "//other.example/x.js"];
  for (const other of [...others, "http://plugins.example:81/x.json"]) {
    await assert.rejects(
      readGraph(entry, from({ [entry]: `import "${other}"; ${rest}` })),
      /a plugin by URL may import from its own origin alone, http:\/\/plugins\.example$/,
      other,
    );
  }
});
