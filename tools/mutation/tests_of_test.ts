import { deepEqual, equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readNamed, testsBeside, testsOf } from "./tests_of.ts";

Deno.test("readNamed() knows a file's tests by the folder above them", () => {
  const text = [
    "# Why",
    "src/a/",
    "one_test.ts two_test.ts: x.ts deep/y.ts",
    "",
    "src/b/",
    "b_test.ts: z.ts",
  ];
  deepEqual(Object.fromEntries(readNamed(text.join("\n"))), {
    "src/a/x.ts": ["src/a/one_test.ts", "src/a/two_test.ts"],
    "src/a/deep/y.ts": ["src/a/one_test.ts", "src/a/two_test.ts"],
    "src/b/z.ts": ["src/b/b_test.ts"],
  });
});

Deno.test("testsBeside() counts tests of a file by ideas, unless they are those of another file", () => {
  const names = ["box.ts", "box_lid.ts", "box_lid_test.ts", "box_old_hinge_test.ts", "box_test.ts"];
  deepEqual(Object.fromEntries(testsBeside([...names, "no_file_test.ts", "box_lid_hot_test.ts"])), {
    "box.ts": ["box_old_hinge_test.ts", "box_test.ts"],
    "box_lid.ts": ["box_lid_test.ts", "box_lid_hot_test.ts"],
  });
});

Deno.test("each file and test that tested_by.txt names is there, and none that is beside it anyway", async () => {
  const named = readNamed(await Deno.readTextFile(new URL("tested_by.txt", import.meta.url)));
  const missing = [...named.keys(), ...[...named.values()].flat()].filter((path) =>
    !existsSync(path)
  );
  deepEqual(missing, []);
  for (const tests of (await testsOf([...named.keys()])).values()) {
    equal(new Set(tests).size, tests.length, tests.join(" "));
  }
});
