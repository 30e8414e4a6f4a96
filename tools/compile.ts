/**
 * `deno task compile [--target TARGET] [--output FILE]`: Sightline as one executable. Exit code 1
 * and a plain sentence when the runtime it is made of cannot be downloaded.
 */

import { parseArgs } from "node:util";
import { compileArgs, hasEmbeddedInference, type Target, targets } from "./compile/compile_args.ts";
import { embeddedFiles, rootPath } from "./compile/embedded.ts";
import { nativeLibraries } from "./compile/native_libraries.ts";
import { undigestibleFolders } from "./compile/undigestible.ts";

const names = Object.keys(targets);

function print(line: string): Promise<number> {
  return Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
}

async function compile(target: Target, output: string): Promise<number> {
  const libraries = await nativeLibraries();
  if (!hasEmbeddedInference(target, libraries)) {
    await print(`onnxruntime-node has no library for ${target}: there, --model_path will not work`);
  }
  const [files, without] = await Promise.all([embeddedFiles(), undigestibleFolders()]);
  const args = compileArgs({ target, output, files, libraries, without });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: rootPath,
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const words = new TextDecoder().decode(stderr);
  await Deno.stderr.write(stderr);
  if (success) return 0;
  const url = /https:\/\/\S+\/denort-[\w-]+\.zip/.exec(words)?.[0];
  await print(
    url === undefined
      ? `Cannot compile for ${target}: see above`
      : `Cannot compile for ${target}: Deno's runtime for binaries cannot be downloaded from ${url}; ` +
        "nothing was written",
  );
  return 1;
}

async function main(): Promise<number> {
  const options = { target: { type: "string" }, output: { type: "string" } } as const;
  let given;
  try {
    given = parseArgs({ args: Deno.args, options }).values;
  } catch (error) {
    await print(`Cannot read the command line: ${(error as Error).message}`);
    return 2;
  }
  const { target = Deno.build.target } = given;
  if (!Object.hasOwn(targets, target)) {
    await print(`--target ${target}: unknown platform, known are ${names.join(", ")}`);
    return 2;
  }
  const ending = target.includes("windows") ? ".exe" : "";
  return await compile(target as Target, given.output ?? `dist/sightline-${target}${ending}`);
}

Deno.exit(await main());
