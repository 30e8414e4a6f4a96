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
