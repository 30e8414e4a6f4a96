import assert from "node:assert/strict";
import { assetUrl } from "../../assets.ts";
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

Deno.test("readGraph() has each module after those that it imports, and names a circle", async () => {
  const [entry, a, b] = ["file:///p/door.js", "file:///p/a.js", "file:///p/b.js"];
  const graph = await readGraph(
    entry,
    from({
      [entry]: `import "./a.js"; import "./b.js"; ${rest}`,
      [a]: `import "./b.js";`,
      [b]: "",
    }),
  );
  assert.deepEqual([...graph.keys()], [b, a, entry]);
  assert.deepEqual([...graph.get(entry)!.resolved], [["./a.js", a], ["./b.js", b]]);
  await assert.rejects(
    readGraph(
      entry,
      from({
        [entry]: `import "./a.js"; ${rest}`,
        [a]: `import "./b.js";`,
        [b]: `import "./a.js";`,
      }),
    ),
    { message: `Cannot load plugin ${entry}: its modules import each other: ${a} → ${b} → ${a}` },
  );
});

Deno.test("readGraph() takes 256 modules, and no more", async () => {
  const entry = "file:///p/door.js";
  const plugin = (count: number) => {
    const names = Array.from({ length: count - 1 }, (_, index) => `./m${index}.js`);
    const modules = Object.fromEntries(names.map((name) => [new URL(name, entry).href, ""]));
    return from({ ...modules, [entry]: names.map((name) => `import "${name}";`).join("") + rest });
  };
  assert.equal((await readGraph(entry, plugin(256))).size, 256);
  await assert.rejects(readGraph(entry, plugin(257)), {
    message: `Cannot load plugin ${entry}: it has more than 256 modules`,
  });
});

Deno.test("readGraph() takes 32 MB of modules to the byte", async () => {
  const entry = "file:///p/door.js";
  const read = (byteLength: number) => (_: string, claim: (byteLength: number) => void) => {
    claim(byteLength);
    return Promise.resolve(rest);
  };
  assert.equal((await readGraph(entry, read(32 * 1024 * 1024))).size, 1);
  await assert.rejects(
    readGraph(entry, read(32 * 1024 * 1024 + 1)),
    /more than 33554432 bytes together/,
  );
});

Deno.test("readGraph() takes what touches nothing and what Sightline offers, and refuses other imports", async () => {
  const entry = "file:///p/door.js";
  const load = (specifier: string, at = entry) =>
    readGraph(at, from({ [at]: `import "${specifier}"; ${rest}`, "file:///p/x.json": "{}" }));
  for (const right of ["node:path", "node:timers/promises", "@sightline/sightline"]) {
    assert.equal((await load(right)).size, 1, right);
  }
  assert.equal((await load("./x.json")).get("file:///p/x.json")?.parsed, null);
  const refused = [
    "node:fs",
    "path",
    "npm:zod",
    "jsr:@std/path",
    "https://h/x.js",
    "data:text/js,1",
  ];
  for (const specifier of refused) {
    await assert.rejects(load(specifier), {
      message: new RegExp(
        `it imports "${specifier.replace(/[.$]/g, "\\$&")}", allowed are files, @s`,
      ),
    });
  }
  for (const specifier of ["./x", "./x.css", "./x.jsx"]) {
    await assert.rejects(load(specifier), /which ends in none of .ts, .mts, .js, .mjs and .json$/);
  }
  await assert.rejects(
    load("file:///etc/x.js", "https://h/door.js"),
    /allowed are modules of the web/,
  );
  await assert.rejects(
    load("http://h/x.js", "https://h/door.js"),
    /allowed are modules of the web/,
  );
  await assert.rejects(load("../x.json"), /which lies outside of its folder/);
});

Deno.test("readGraph() takes Sightline's own modules as they are, for its own plugins alone", async () => {
  const own = assetUrl("plugins/zz.js").href;
  const mod = assetUrl("src/mod.ts").href;
  const inner = assetUrl("src/helpers/iou.ts").href;
  const graph = await readGraph(
    own,
    from({ [own]: `import "../src/mod.ts"; import "../src/helpers/iou.ts"; ${rest}` }),
  );
  assert.deepEqual([...graph.keys()], [own], "they need no look");
  const asked: string[] = [];
  const foreign = "file:///p/door.js";
  const read = (specifier: string) =>
    readGraph(foreign, (url) => {
      asked.push(url);
      return Promise.resolve(url === foreign ? `import "${specifier}"; ${rest}` : "");
    });
  await read(mod);
  assert.deepEqual(asked.splice(0), [foreign]);
  await read(inner);
  assert.deepEqual(asked.splice(0), [foreign, inner]);
  const beside = assetUrl("plugins/other.js").href;
  const more = await readGraph(own, from({ [own]: `import "./other.js"; ${rest}`, [beside]: "" }));
  assert.equal(more.size, 2);
});

Deno.test("readGraph() reads what a plugin by URL imports of its own origin", async () => {
  const entry = "https://plugins.example/a/door.js";
  const part = "https://plugins.example/part.js";
  const graph = await readGraph(
    entry,
    from({
      [entry]: `import "../part.js"; import "/a/data.json"; ${rest}`,
      [part]: "",
      "https://plugins.example/a/data.json": "{}",
    }),
  );
  assert.equal(graph.size, 3);
});
