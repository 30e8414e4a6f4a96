import assert from "node:assert/strict";
import { parseModule } from "./parse_module.ts";

const ts = "file:///plugin.ts";

Deno.test("parseModule() finds every import that Deno loads beforehand, and no types", () => {
  const { imports, reached, code } = parseModule(
    ts,
    `import type { A } from "./type.ts";
     import { b, type C } from "./b.ts";
     import "./side.ts";
     export * from "./all.ts";
     export { d } from "./d.ts";
     import data from "./data.json" with { type: "json" };
     export const later: () => unknown = () => import("./later.ts");
     export default b(data);`,
  );
  const found = ["./b.ts", "./side.ts", "./all.ts", "./d.ts", "./data.json", "./later.ts"];
  assert.deepEqual(imports.map(({ specifier }) => specifier).sort(), found.toSorted());
  assert.deepEqual(reached.toSorted(), found.toSorted());
  for (const { specifier, start, end } of imports) {
    assert.equal(JSON.parse(code.slice(start, end)), specifier);
  }
});

Deno.test("parseModule() finds imports that nothing uses, or has the code run in place", () => {
  const unused = parseModule(ts, `import { x } from "https://a.example/x.ts"; export default 1;`);
  assert.deepEqual([unused.imports.length, unused.reached], [0, ["https://a.example/x.ts"]]);
  const hidden = parseModule(ts, `import { x } from "https://a.example/x.ts"; enum A { b }`);
  assert.deepEqual([hidden.reached, hidden.mayRunAsIs], [[], false]);
  assert.equal(
    parseModule(ts, `import { x } from "\\x68ttps://a/x.ts"; enum A { b }`).mayRunAsIs,
    false,
  );
  for (const known of ["enum A { b }; export default A;", 'export default "https://a/x.ts";']) {
    assert.equal(parseModule(ts, known).mayRunAsIs, true);
  }
});

Deno.test("parseModule() refuses imports that are computed, and what it cannot read", () => {
  const computed = ["import(x)", "import('./' + x)", "import(`./${x}.ts`)", "import(`./a.ts`)"];
  for (const code of computed) {
    assert.throws(() => parseModule("file:///plugin.js", `const x = 1; ${code}`), {
      name: "UseCaseError",
      message:
        "Cannot load plugin module file:///plugin.js: import() must have a literal specifier",
    });
  }
  for (const code of ["export default (", "import defer * as x from './a.js'; x.a"]) {
    assert.throws(() => parseModule("file:///plugin.js", code), /^UseCaseError: Cannot load/);
  }
});

Deno.test("parseModule() tells a mistake in one line, with the place where it stands", () => {
  const mistakes = {
    "export default () => ({ postprocess( { return {} } });": `${ts}:1:47: Expected ',', got '{'`,
    "const a = 1;\n\nconst b = ;": `${ts}:3:11: Expression expected`,
  };
  for (const [code, message] of Object.entries(mistakes)) {
    assert.throws(() => parseModule(ts, code), { message: `Cannot load plugin module ${message}` });
  }
});

Deno.test("parseModule() reads the permissions that are asked for, without running anything", () => {
  const { permissions } = parseModule(
    ts,
    `export const permissions = { net: ["a.example"], "read": ["./z.json"], env: true } as const;
     throw new Error("never runs");`,
  );
  assert.deepEqual(permissions, { net: ["a.example"], read: ["./z.json"], env: true });
  assert.deepEqual(parseModule(ts, "export default 1").permissions, {});
  const wrong = [
    "f()",
    "{ net: [host] }",
    "{ net: [] }",
    "{ import: ['x'] }",
    "{ net: 'x' }",
    "[]",
  ];
  for (const value of [...wrong, "{ net: ['*'] }", "{ read: ['a,b'] }", "{ ...other }"]) {
    assert.throws(
      () => parseModule("file:///p.js", `export const permissions = ${value};`),
      /"export const permissions" must be a literal such as/,
      value,
    );
  }
  assert.throws(
    () => parseModule("file:///p.js", "const p = {}; export { p as permissions };"),
    /must be a literal/,
  );
});

Deno.test("parseModule() takes JSON alone as an attribute, of any way to import", () => {
  const js = "file:///plugin.js";
  const right = [
    `import a from "./a.json" with { type: "json" };`,
    `export { default } from "./a.json" with { "type": "json" };`,
    `import("./a.json", { with: { type: "json" } });`,
  ];
  for (const code of right) assert.equal(parseModule(js, code).imports.length, 1, code);
  const wrong = [
    `import a from "./a.json" with { type: "text" };`,
    `import a from "./a.json" with { other: "json" };`,
    `export * from "./a.css" with { type: "css" };`,
    `import("./a.json", { with: { type: "text" } });`,
    `import("./a.json", options);`,
    `import("./a.json", { with: { type: "json" }, more: 1 });`,
  ];
  for (const code of wrong) {
    assert.throws(() => parseModule(js, code), /the only attribute of an import may be/, code);
  }
});

Deno.test("parseModule() refuses what loads modules that were not checked, however it is named", () => {
  const named = [
    "process.getBuiltinModule('fs')",
    "process['getBuiltinModule']('fs')",
    "process[`getBuiltinModule`]('fs')",
    "const { createRequire } = x;",
  ];
  for (const code of named) {
    assert.throws(
      () => parseModule("file:///plugin.js", code),
      /which loads modules that were not checked/,
      code,
    );
  }
  parseModule("file:///plugin.js", "const getBuiltin = 1; `a${getBuiltin}b`;");
});

Deno.test("parseModule() leaves out comments that would have something fetched, and keeps each place", () => {
  const source = [
    "//# sourceMappingURL=http://10.0.0.1/x",
    'import "./a.js"; /* sourceURL',
    "=evil */ export default 1;",
  ].join("\n");
  const { code, mayRunAsIs, imports } = parseModule("file:///plugin.js", source);
  assert.equal(code.length, source.length);
  assert.doesNotMatch(code, /source(Mapping)?URL/);
  assert.deepEqual(
    code.split("\n").map((line) => line.length),
    source.split("\n").map((l) => l.length),
  );
  assert.equal(mayRunAsIs, false);
  assert.equal(code.slice(imports[0]!.start, imports[0]!.end), '"./a.js"');
  assert.equal(parseModule("file:///plugin.js", "export default 1;").mayRunAsIs, true);
  const plain = "#!/usr/bin/env deno\nexport default 1; // why\n/* what */";
  assert.equal(parseModule("file:///plugin.js", plain).code, plain);
  const typed = parseModule(ts, "export default 1 as number; // sourceURL=x");
  assert.equal(typed.mayRunAsIs, false);
});

Deno.test("parseModule() makes JavaScript of TypeScript, with a map to the source", () => {
  for (const url of [ts, "file:///plugin.mts", "https://h/p.ts?x=1"]) {
    const { code, map } = parseModule(url, "enum A { b }\nexport default A.b as number;");
    assert.doesNotMatch(code, /enum|as number|sourceMappingURL/);
    assert.ok(code.endsWith("\n"));
    assert.equal(JSON.parse(map!).version, 3);
  }
  assert.equal(parseModule("file:///plugin.js", "export default 1;").map, null);
  assert.throws(
    () => parseModule("file:///plugin.js", "export default 1 as number;"),
    /Cannot load/,
  );
});

Deno.test("parseModule() takes 1,000 imports, and no more", () => {
  const imports = (count: number) => 'import "./a.js";'.repeat(count);
  assert.equal(parseModule("file:///p.js", imports(1000)).imports.length, 1000);
  assert.throws(() => parseModule("file:///p.js", imports(1001)), /it has more than 1000 imports/);
});

Deno.test("parseModule() takes permissions as a literal of kinds and lists only", () => {
  const asked = (value: string) =>
    parseModule("file:///p.js", `export const permissions = ${value};`).permissions;
  assert.deepEqual(asked("{}"), {});
  assert.deepEqual(asked("{ run: true }"), { run: true });
  const wrong = [
    ...[
      "null",
      "1",
      "true",
      "'net'",
      "{ net: false }",
      "{ net: 1 }",
      "{ net: [1] }",
      "{ net: [''] }",
    ],
    ...[
      "{ net: [' a'] }",
      "{ [net]: ['a'] }",
      "{ net: [,'a'] }",
      "{ net: ['a', x] }",
      "{ nets: ['a'] }",
    ],
  ];
  for (const value of wrong) assert.throws(() => asked(value), /must be a literal such as/, value);
  assert.throws(
    () => parseModule("file:///p.js", "export let permissions;"),
    /must be a literal such as/,
  );
  const others =
    "export const [p] = [], a = 1, permissions = { net: ['a'] }; export function f() {} export { a as b };";
  assert.deepEqual(parseModule("file:///p.js", others).permissions, { net: ["a"] });
  assert.throws(
    () => parseModule("file:///p.js", "const a = 1; export { a as 'permissions' };"),
    /literal/,
  );
});

Deno.test("parseModule() takes no number for a specifier", () => {
  assert.throws(() => parseModule("file:///p.js", "import(7)"), /import\(\) must have a literal/);
});
