/** The workflow files of the public forge. */

import assert from "node:assert/strict";
import { targets } from "../tools/compile/compile_args.ts";
import { goTool } from "./support/go_tools.ts";
import { runProgram } from "./support/run_program.ts";

const root = new URL("../", import.meta.url);
const { path, reason } = await goTool("actionlint");

Deno.test(
  { name: `workflows: actionlint has no complaint${reason}`, ignore: path === null },
  async () => {
    // In a folder that is no repository of Git it finds none: so they are named.
    const files = [".github/workflows/ci.yml", ".github/workflows/release.yml"];
    const { code, stdout, stderr } = await runProgram(path!, ["-no-color", ...files], root);
    assert.equal(code, 0, stdout + stderr);
  },
);

Deno.test("workflows: the release compiles for every platform, with the pinned Deno", async () => {
  const release = await Deno.readTextFile(new URL(".github/workflows/release.yml", root));
  for (const target of Object.keys(targets)) assert.match(release, RegExp(`- ${target}\n`));
  const [, pin] = /DENO_PIN=(.*)/.exec(await Deno.readTextFile(new URL("tools/common.sh", root)))!;
  const ci = await Deno.readTextFile(new URL(".github/workflows/ci.yml", root));
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", root));
  const pins = [...`${release}${ci}`.matchAll(/deno-version: v([\d.]+)/g)].map(([, its]) => its);
  assert.deepEqual([...new Set(pins)], [pin]);
  assert.ok(dockerfile.includes(`denoland/deno:bin-${pin} `));
});

Deno.test("workflows: they call tasks that there are", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  for (const name of ["ci", "release"]) {
    const text = await Deno.readTextFile(new URL(`.github/workflows/${name}.yml`, root));
    for (const [, task = ""] of text.matchAll(/deno task ([\w:]+)/g)) assert.ok(tasks[task], task);
  }
});
