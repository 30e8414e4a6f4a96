import assert from "node:assert/strict";
import { resolve } from "node:path";
import { joinPermissions, parsePermissions } from "./permissions.ts";
import {
  describePermissions,
  findIdle,
  findMissing,
  toDenoFlags,
  toWorkerPermissions,
} from "./permissions.ts";

Deno.test("parsePermissions() reads kinds with several values, and all of a kind", () => {
  assert.deepEqual(parsePermissions("net=a.example,b:80,read=./zones.json,env=*"), {
    net: ["a.example", "b:80"],
    read: ["./zones.json"],
    env: true,
  });
  for (const text of ["", "a", "import=x", "net=", "net=a,,b"]) {
    assert.throws(() => parsePermissions(text), { name: "SettingError" }, text);
  }
  assert.deepEqual(joinPermissions([{ net: ["a"] }, { net: ["b"], env: true }, { env: ["X"] }]), {
    net: ["a", "b"],
    env: true,
  });
});

Deno.test("findMissing() is what was asked for and is not covered", () => {
  const granted = { net: ["a.example", "b:80"], read: ["./data"], env: true } as const;
  const covered = { net: ["a.example:443", "b:80"], read: ["data/x.json"], env: ["X"] };
  assert.deepEqual(findMissing(covered, granted), {});
  const asked = { net: ["b:81", "a.example"], read: ["./database"], write: true } as const;
  const missing = findMissing(asked, granted);
  assert.deepEqual(missing, { net: ["b:81"], read: ["./database"], write: true });
  assert.equal(describePermissions(missing), "net=b:81,read=./database,write=*");
  assert.deepEqual(parsePermissions(describePermissions(missing)), missing);
});

Deno.test("findIdle() is what was granted and never asked for", () => {
  assert.deepEqual(findIdle({ net: ["a"] }, { net: ["a", "b"], run: true }), {
    net: ["b"],
    run: true,
  });
});

Deno.test("toWorkerPermissions() names every kind, so that none is inherited", () => {
  assert.deepEqual(toWorkerPermissions({ read: ["x"], net: true }), {
    env: false,
    ffi: false,
    import: false,
    net: true,
    read: [resolve("x")],
    run: false,
    sys: false,
    write: false,
  });
  assert.deepEqual(toDenoFlags({ read: ["x", "/y"], net: true }), [
    "--allow-net",
    `--allow-read=${resolve("x")},/y`,
  ]);
});

Deno.test("parsePermissions() says what is wrong, and takes all of a kind for more than its parts", () => {
  const cases: [text: string, message: string][] = [
    ["a", ""],
    ["import=x", "import is no kind of permission, must be net, read, write, env, sys, run, ffi"],
    ["net=", "grants no net, net=* grants all of it"],
    ["net=a,", "grants no net, net=* grants all of it"],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parsePermissions(text), { name: "SettingError", message });
  }
  assert.deepEqual(parsePermissions("net=a,*,b"), { net: true });
  assert.deepEqual(parsePermissions("read=a,net=b,c,read=d"), {
    read: ["a", "d"],
    net: ["b", "c"],
  });
  assert.deepEqual(parsePermissions("read=a=b\nc"), { read: ["a=b\nc"] });
  assert.deepEqual(joinPermissions([{ net: true }, { net: ["a"] }]), { net: true });
});

Deno.test("findMissing() knows what a grant covers", () => {
  const missing = (asked: object, granted: object) => findMissing(asked, granted);
  assert.deepEqual(missing({ net: true }, { net: ["a"] }), { net: true });
  assert.deepEqual(missing({ net: true }, { net: true }), {});
  assert.deepEqual(missing({ net: ["a:80"] }, { net: ["a:81"] }), { net: ["a:80"] });
  assert.deepEqual(missing({ net: ["a"] }, { net: ["a:80"] }), { net: ["a"] });
  assert.deepEqual(missing({ env: ["A:1"] }, { env: ["A"] }), { env: ["A:1"] });
  for (const kind of ["read", "write"]) {
    assert.deepEqual(missing({ [kind]: ["/a/b", "/a"] }, { [kind]: ["/a"] }), {});
    assert.deepEqual(missing({ [kind]: ["/ab", "/"] }, { [kind]: ["/a"] }), {
      [kind]: ["/ab", "/"],
    });
    assert.deepEqual(missing({ [kind]: ["/a"] }, { [kind]: ["/"] }), {});
  }
});

Deno.test("toDenoFlags() doubles commas, which Deno would take for the end of a value", () => {
  assert.deepEqual(toDenoFlags({ read: ["/a,b"], env: ["A", "B"] }), [
    "--allow-read=/a,,b",
    "--allow-env=A,B",
  ]);
  assert.deepEqual(toDenoFlags({}), []);
});

Deno.test("toDenoFlags() grants files seen from here, and names as they are", () => {
  assert.deepEqual(toDenoFlags({ read: ["a"], write: ["b"], net: ["c"] }).toSorted(), [
    "--allow-net=c",
    `--allow-read=${resolve("a")}`,
    `--allow-write=${resolve("b")}`,
  ]);
});
