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
  assert.equal(parseModule(ts, `enum A { b }; export default A;`).mayRunAsIs, true);
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
