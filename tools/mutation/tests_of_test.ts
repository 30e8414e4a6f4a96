import { deepEqual } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readNamed, testsOf } from "./tests_of.ts";

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

Deno.test("each file and test that tested_by.txt names is there, and has none beside it", async () => {
  const named = readNamed(await Deno.readTextFile(new URL("tested_by.txt", import.meta.url)));
  const missing = [...named.keys(), ...[...named.values()].flat()].filter((path) =>
    !existsSync(path)
  );
  deepEqual(missing, []);
  deepEqual(await testsOf([...named.keys()]), named);
});
