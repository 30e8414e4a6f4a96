/** `new`: writes a plugin and its test, to begin with. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../assets.ts";
import {
  configFor,
  findConfig,
  kinds,
  packageName,
  scaffold,
  type ScaffoldFile,
  sourceFor,
  targetFrom,
  whyNoName,
} from "../authoring/scaffold.ts";
import { choice, complete, text } from "../settings/setting.ts";
import { readCommand } from "./command_args.ts";
import { print, printError } from "./print.ts";
import { problemLine } from "../settings/problem_line.ts";

const settings = {
  kind: choice(kinds, {
    group: "Use case",
    value: "WORD",
    default: "detection",
    help: "what to begin with: detection, classification, segmentation or blank",
  }),
  dir: text("the path of a folder", {
    group: "Use case",
    value: "FOLDER",
    default: ".",
    help: "where to write the files",
  }),
  types: text("a URL or a relative path", {
    group: "Use case",
    value: "MODULE",
    help:
      `what the plugin imports the contract's types from (by default "${packageName}", which a ` +
      "deno.json leads to this Sightline)",
  }, /^[^\s"'\\]+$/),
} as const;

/** Writes `NAME.ts`, `NAME_test.ts` and perhaps `deno.json`; resolves to the exit code. */
export async function newUseCase(args: string[], _signal: AbortSignal): Promise<number> {
  const read = await readCommand(args, {
    table: settings,
    usage: "new NAME [flags]",
    description: "Writes a plugin NAME.ts and its test NAME_test.ts, which passes at once, and a " +
      `deno.json that says where "${packageName}" is, if there is none.`,
    maxOperands: 1,
    check: ([name]) => {
      const reason = name === undefined ? "missing, must be the plugin's name" : whyNoName(name);
      return reason === null ? [] : [{ setting: null, value: name ?? "NAME", message: reason }];
    },
  });
  if (typeof read === "number") return read;
  const { kind, dir, types } = complete(settings, read.values);
  const source = types === null ? await sourceFor(dir) : { types, target: null };
  if (source === null) {
    printError(problemLine({ setting: "types", message: noTypes }));
    return 2;
  }
  const name = read.operands[0]!;
  const files = await scaffold(name, kind, source.types);
  const config = source.target === null ? null : await findConfig(dir);
  const isMissing = source.target !== null && config === null;
  if (isMissing) files.push({ name: "deno.json", text: configFor(source.target) });
  const code = await write(files, dir);
  if (code === 0 && config !== null && !config.maps) {
    await print(
      `Deno reads ${config.path} here; for types and tests its "imports" need:\n` +
        `  "${packageName}": "${await targetFrom(dirname(config.path))}"`,
    );
  }
  return code;
}

const noTypes = "missing, a program in one file has no modules to import from: " +
  "write them with `sightline types > sightline.ts`, and give --types ./sightline.ts";

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
  const [plugin, test, ...others] = written;
  const all = [plugin, test, ...others];
  await print(`Wrote ${all.slice(0, -1).join(", ")} and ${all.at(-1)}. Next:
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
