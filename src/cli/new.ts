/** `new`: writes a plugin and its test, to begin with. */

import { isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../assets.ts";
import { kinds, scaffold, type ScaffoldFile, whyNoName } from "../authoring/scaffold.ts";
import { checkTable } from "../config/check_table.ts";
import { choice, text } from "../config/setting.ts";
import type { Problem } from "../config/problem.ts";
import { commandHelp } from "./command_help.ts";
import { parseTable } from "./flags.ts";
import { print, printError } from "./print.ts";
import { problemLine } from "../config/problem_line.ts";

const settings = {
  kind: choice(kinds, {
    group: "Use case",
    value: "WORD",
    description: "what to begin with: detection, classification, segmentation or blank",
  }),
  dir: text("the path of a folder", {
    group: "Use case",
    value: "FOLDER",
    description: "where to write the two files",
  }),
  types: text("a URL or a relative path", {
    group: "Use case",
    value: "MODULE",
    description:
      "what the plugin imports the contract's types from (by default from this Sightline)",
  }, /^[^\s"'\\]+$/),
} as const;

const defaults = { kind: "detection", dir: "." } as const;

/** Writes `NAME.ts` and `NAME_test.ts`; resolves to the exit code. */
export async function newUseCase(args: string[], _signal: AbortSignal): Promise<number> {
  const { given, operands: [name], problems: wrong, help } = parseTable(args, settings, 1);
  if (help) {
    await print(commandHelp(
      {
        usage: "new NAME [flags]",
        description: "Writes a plugin NAME.ts and its test NAME_test.ts, which passes at once.",
      },
      settings,
      defaults,
    ));
    return 0;
  }
  const problems: Problem[] = [...wrong];
  const { kind, dir, types } = { ...defaults, ...checkTable(settings, given, problems) };
  const reason = name === undefined ? "missing, must be the plugin's name" : whyNoName(name);
  if (reason !== null) problems.push({ setting: null, value: name ?? "NAME", message: reason });
  const from = types ?? typesFor(dir);
  if (from === null) problems.push({ setting: "types", message: NO_TYPES });
  if (name === undefined || from === null || problems.length > 0) {
    for (const problem of problems) printError(problemLine(problem));
    return 2;
  }
  return await write(await scaffold({ name, kind, types: from }), dir);
}

const NO_TYPES = "missing, a program in one file has no modules to import from: " +
  "write them with `sightline types > sightline.ts`, and give --types ./sightline.ts";

/**
 * What a plugin in `dir` imports types from. Within Sightline's own folder that is `src/mod.ts` by a
 * relative path, as in all of `plugins/`; elsewhere the contract by its URL: type-only imports are
 * gone when the plugin runs, and to check it Deno needs neither network nor installation.
 */
function typesFor(dir: string): string | null {
  const contract = assetUrl("src/contract.ts");
  if (Deno.build.standalone) return null;
  if (contract.protocol !== "file:") return contract.href;
  const inside = relative(fileURLToPath(assetUrl(".")), resolve(dir));
  if (inside.startsWith("..") || isAbsolute(inside)) return contract.href;
  const path = relative(resolve(dir), fileURLToPath(assetUrl("src/mod.ts"))).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Writes all files or none: not over one that exists, and nothing half. */
async function write(files: readonly ScaffoldFile[], dir: string): Promise<number> {
  const written: string[] = [];
  for (const { name, text } of files) {
    const path = join(dir, name);
    try {
      await Deno.writeTextFile(path, text, { createNew: true });
      written.push(path);
    } catch (error) {
      await Promise.all(written.map((path) => Deno.remove(path)));
      printError(`Cannot write ${path}: ${reasonOf(error)}`);
      return 2;
    }
  }
  const [plugin, test] = written;
  await print(`Wrote ${plugin} and ${test}. Next:
  deno test ${test}
  ${program()} test ${plugin} --video CLIP --model_path MODEL.onnx --update`);
  return 0;
}

/** As it can be typed in any folder. */
function program(): string {
  if (Deno.build.standalone) return "sightline";
  const main = assetUrl("main.ts");
  if (main.protocol === "file:") return `deno run -A ${fileURLToPath(main)}`;
  return `deno run -A --unstable-worker-options --import-map=${assetUrl("deno.json")} ${main}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.AlreadyExists) return "it exists already";
  if (error instanceof Deno.errors.NotFound) return "the folder does not exist";
  return (error as Error).message;
}
