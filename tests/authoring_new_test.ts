import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { sightlineResult } from "./support/run_sightline.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const kinds = ["detection", "classification", "segmentation", "blank"];

async function withFolder(
  parent: string | undefined,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({
    prefix: ".sightline_new_",
    ...(parent && { dir: parent }),
  });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Deno as a newcomer has it: with an empty cache, and no network. */
async function deno(cwd: string, ...args: string[]): Promise<string> {
  const cache = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      ...{ args, cwd, env: { NO_COLOR: "1", DENO_DIR: cache } },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    return said;
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("new: in an empty folder every kind passes tests, checks and lint", async () => {
  await withFolder(undefined, async (cwd) => {
    for (const kind of kinds) {
      const { code, stdout, stderr } = await sightlineResult(["new", kind, "--kind", kind], {
        cwd,
      });
      assert.equal(code, 0, stderr);
      const wrote = kind === kinds[0]
        ? `${kind}.ts, ${kind}_test.ts and deno.json`
        : `${kind}.ts and ${kind}_test.ts`;
      assert.match(stdout, new RegExp(`^Wrote ${wrote}. Next:\n`));
    }
    const files = await namesIn(cwd);
    const expected = ["deno.json", ...kinds.flatMap((kind) => [`${kind}.ts`, `${kind}_test.ts`])];
    assert.deepEqual(files, expected.sort());
    const config = JSON.parse(await Deno.readTextFile(`${cwd}/deno.json`));
    assert.match(config.imports["@sightline/sightline"], /^(\.\.\/)+[^/].*\/src\/mod\.ts$/);
    await Deno.writeTextFile(`${cwd}/helped.ts`, helped);
    assert.match(await deno(cwd, "test", "--cached-only"), /ok \| 6 passed \| 0 failed/);
    await deno(cwd, "check", "--cached-only", ".");
    await deno(cwd, "lint", ".");
    assert.equal(await deno(cwd, "run", "--cached-only", "helped.ts"), "80\n");
  });
});

/** Takes a helper, and not types alone, by the package's name. */
const helped = `import { cocoLabels, type UseCaseFactory } from "@sightline/sightline";
const plugin: UseCaseFactory = () => ({ postprocess: () => ({ data: cocoLabels.length }) });
console.log(cocoLabels.length);
export default plugin;
`;

Deno.test("new: a deno.json that is there stays as it is, and what it lacks is told", async () => {
  const mapped = '{ "imports": { "@sightline/sightline": "https://example.com/v1/mod.ts" } }';
  for (const [text, told] of [[mapped, false], ['{ "imports": {} }', true]] as const) {
    await withFolder(undefined, async (cwd) => {
      await Deno.writeTextFile(`${cwd}/deno.json`, text);
      await Deno.mkdir(`${cwd}/plugins`);
      const { code, stdout } = await sightlineResult(["new", "door", "--dir", "plugins"], { cwd });
      assert.equal(code, 0);
      assert.deepEqual(await namesIn(`${cwd}/plugins`), ["door.ts", "door_test.ts"]);
      assert.equal(await Deno.readTextFile(`${cwd}/deno.json`), text);
      const line = /for types and tests its "imports" need:\n {2}"@sightline\/sightline": "\.\.\//;
      assert.equal(line.test(stdout), told, stdout);
    });
  }
});

Deno.test("types: what it prints compiles with libraries from ES2022 on", async () => {
  await withFolder(undefined, async (cwd) => {
    const { stdout } = await sightlineResult(["types"]);
    await Deno.writeTextFile(`${cwd}/sightline.ts`, stdout);
    for (const lib of ["es2022", "esnext"]) {
      const compilerOptions = { lib: [lib], exactOptionalPropertyTypes: true };
      await Deno.writeTextFile(`${cwd}/deno.json`, JSON.stringify({ compilerOptions }));
      await deno(cwd, "check", "--cached-only", "sightline.ts");
    }
  });
});

Deno.test("new: within Sightline's folder the plugin imports src/mod.ts", async () => {
  await withFolder(root, async (folder) => {
    const dir = relative(Deno.cwd(), folder);
    const { code, stderr } = await sightlineResult(["new", "door", "--dir", dir]);
    assert.equal(code, 0, stderr);
    const text = await Deno.readTextFile(`${folder}/door.ts`);
    assert.match(text, /^import type .* from "\.\.\/src\/mod\.ts";$/m);
    const test = await new Deno.Command(Deno.execPath(), {
      args: ["test", `${folder}/door_test.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(test.code, 0, new TextDecoder().decode(test.stderr));
  });
});

Deno.test("new: --types names any module, such as a copy of what types prints", async () => {
  await withFolder(undefined, async (cwd) => {
    const { stdout } = await sightlineResult(["types"]);
    await Deno.writeTextFile(`${cwd}/sightline.ts`, stdout);
    await sightlineResult(["new", "door", "--types", "./sightline.ts"], { cwd });
    assert.match(await Deno.readTextFile(`${cwd}/door.ts`), /from "\.\/sightline\.ts";/);
    await deno(cwd, "test", "--cached-only");
  });
});

Deno.test("new: writes over nothing, and leaves nothing half", async () => {
  await withFolder(undefined, async (cwd) => {
    await Deno.writeTextFile(`${cwd}/door_test.ts`, "mine");
    const { code, stderr } = await sightlineResult(["new", "door"], { cwd });
    assert.deepEqual([code, stderr], [2, "Cannot write door_test.ts: it exists already\n"]);
    assert.deepEqual(await namesIn(cwd), ["door_test.ts"]);
    assert.equal(await Deno.readTextFile(`${cwd}/door_test.ts`), "mine");
  });
});

const mistakes: [args: string[], stderr: string][] = [
  [[], "NAME: missing, must be the plugin's name\n"],
  [
    ["doorCounter", "--kind", "dog", "--dirr", "x"],
    "--dirr: unknown flag, did you mean --dir?\n" +
    "--kind dog: must be detection, classification, segmentation or blank\n" +
    "doorCounter: must be in snake_case: small letters and digits, words joined by one " +
    "underscore, a letter first\n",
  ],
  [
    ["../door"],
    "../door: must be in snake_case: small letters and digits, words joined by one " +
    "underscore, a letter first\n",
  ],
  [["door_test"], "door_test: must not end in test, which is for the test's own file\n"],
  [["door", "window"], "window: belongs to no flag\n"],
  [
    ["door", "--dir", "nowhere/at/all"],
    "Cannot write nowhere/at/all/door.ts: the folder does not exist\n",
  ],
];

for (const [args, expected] of mistakes) {
  Deno.test(`new ${args.join(" ")}: says what is wrong`, async () => {
    const { code, stdout, stderr } = await sightlineResult(["new", ...args]);
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: expected });
  });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
}
