/** The compiled binary, as far as it can be had on this machine. */

import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compileArgs, type Target } from "../tools/compile/compile_args.ts";
import { embeddedFiles, embeddedModules, rootPath } from "../tools/compile/embedded.ts";
import { moduleGraph } from "../tools/compile/module_graph.ts";
import { nativeLibraries } from "../tools/compile/native_libraries.ts";
import { undigestibleFolders } from "../tools/compile/undigestible.ts";
import { freePort } from "./support/free_port.ts";
import { type ProgramResult, runProgram } from "./support/run_program.ts";
import { withFiles } from "./support/with_files.ts";

const target = Deno.build.target as Target;
const clip = join(rootPath, "demo/street.mp4");
const model = join(rootPath, "demo/person_vehicle_bike.onnx");
const denort = await cachedRuntime();

const run = ["--stream_url", clip, "--model_path", model, "--sink", "stdout"];

/** Runs Sightline, however it was made. */
type Program = (args: readonly string[], cwd: string) => Promise<ProgramResult>;

Deno.test("compile: Deno embeds this platform's native library and no other, and no test's packages", () =>
  withFiles({}, async (folder) => {
    // Deno writes what it embeds behind any executable; this one cannot run it.
    const { code, stderr, stdout } = await compileTo(join(folder, "sightline"), Deno.execPath());
    assert.equal(code, 0, stderr);
    const tree = stdout + stderr;
    const [, megabytes = ""] = /onnxruntime-node\/\S+ \(([\d.]+)MB/.exec(tree) ?? [];
    assert.ok(Number(megabytes) > 20 && Number(megabytes) < 90, tree);
    for (const name of ["hono", "zod", "imagescript", "commander"]) {
      assert.match(tree, RegExp(name));
    }
    for (const name of ["playwright-core", "fast-check"]) assert.ok(!tree.includes(name), name);
  }));

Deno.test("compile: without Deno's runtime for binaries the task says so and exits with 1", () =>
  withFiles({}, async (folder) => {
    const args = ["run", "-A", "tools/compile.ts", "--output", join(folder, "sightline")];
    // A cache without it, and nobody to fetch it from.
    await Deno.symlink(join(await denoDir(), "npm"), join(folder, "npm"));
    const nowhere = "http://127.0.0.1:9";
    const { code, stderr } = await runProgram(Deno.execPath(), args, rootPath, {
      ...{ DENO_DIR: folder, NO_COLOR: "1", HTTPS_PROXY: nowhere, https_proxy: nowhere },
    });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Deno's runtime for binaries cannot be downloaded from https:\/\/\S+; nothing was written\n$/,
    );
  }));

Deno.test("compile: the embedded files alone are a whole Sightline", () =>
  withFiles({}, async (folder) => {
    const root = join(folder, "embedded");
    const modules = await moduleGraph(["main.ts", ...embeddedModules]);
    for (const path of new Set([...modules, ...await embeddedFiles(), "deno.json", "deno.lock"])) {
      await Deno.mkdir(dirname(join(root, path)), { recursive: true });
      await copyFile(join(rootPath, path), join(root, path));
    }
    const start = ["run", "-A", "--quiet", "--cached-only", "--no-remote", join(root, "main.ts")];
    await checkProgram(
      (args, cwd) => runProgram(Deno.execPath(), [...start, ...args], cwd),
      folder,
    );
  }));

Deno.test({
  name: "compile: the binary runs" +
    (denort === null ? " (denort is not in Deno's cache: run `deno task compile` first)" : ""),
  ignore: denort === null,
  fn: () =>
    withFiles({}, async (folder) => {
      const binary = join(folder, "sightline");
      const { code, stderr } = await compileTo(binary);
      assert.equal(code, 0, stderr);
      const program: Program = (args, cwd) => runProgram(binary, args, cwd);
      // A binary confines nobody, and says so.
      await checkProgram(program, folder, "worker");
      const stranger = ["--use_case", "own.ts", "--isolation", "process"];
      await Deno.writeTextFile(join(folder, "own.ts"), ownPlugin);
      const refused = await program([...run, ...stranger], folder);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /a compiled Sightline cannot confine a plugin/);
    }),
});

/** What a Sightline without a checkout must be able to do. */
async function checkProgram(
  program: Program,
  folder: string,
  forStrangers: "worker" | "process" = "process",
): Promise<void> {
  const cwd = await Deno.makeTempDir({ dir: folder });
  async function succeed(...args: string[]): Promise<ProgramResult> {
    const result = await program(args, cwd);
    assert.equal(result.code, 0, `${args.join(" ")}: ${result.stderr}`);
    return result;
  }
  assert.match((await succeed("--version")).stdout, /^sightline \d/);
  assert.match((await succeed("--help")).stdout, /--stream_url/);
  const { stdout: contract } = await succeed("types");
  await Deno.writeTextFile(join(cwd, "contract.ts"), contract);
  await succeed("new", "wheel", "--types", "./contract.ts");
  await Deno.writeTextFile(join(cwd, "own.ts"), ownPlugin);
  const stranger = ["--use_case", "own.ts", "--isolation", forStrangers];
  for (const plugin of [[], ["--isolation", "process"], stranger]) {
    const { stdout } = await succeed(...[...run, "--limit_frames", "3", ...plugin]);
    assert.equal(stdout.trim().split("\n").length, 3);
  }
  const port = freePort();
  await succeed("demo", "--limit_frames", "3", "--visualizer_port", String(port));
}

/** TypeScript by a path, with a helper of Sightline's: it has to be linked and transpiled. */
const ownPlugin = `
import { iou } from "@sightline/sightline";
const box = { x: 0, y: 0, width: 1, height: 1 };
export default () => ({
  postprocess(outputs: Record<string, unknown>) {
    return { data: { same: iou(box, box), outputs: Object.keys(outputs).length } };
  },
});
`;

async function compileTo(path: string, base?: string): Promise<ProgramResult> {
  const args = compileArgs({
    target,
    output: path,
    files: await embeddedFiles(),
    libraries: await nativeLibraries(),
    without: await undigestibleFolders(),
  });
  const env = { NO_COLOR: "1", ...(base === undefined ? {} : { DENORT_BIN: base }) };
  return await runProgram(Deno.execPath(), args, rootPath, env);
}

/** Path of the runtime that binaries are made of, if Deno has it already; null if not. */
async function cachedRuntime(): Promise<string | null> {
  const given = Deno.env.get("DENORT_BIN");
  if (given !== undefined) return given;
  const name = `denort-${target}.zip`;
  const path = join(await denoDir(), "dl", "release", `v${Deno.version.deno}`, name);
  return await Deno.stat(path).then(() => path, () => null);
}

async function denoDir(): Promise<string> {
  const { stdout } = await runProgram(Deno.execPath(), ["info", "--json"], rootPath);
  return JSON.parse(stdout).denoDir;
}
