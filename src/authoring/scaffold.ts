/** The files that `new` writes: a plugin, its test, and the `deno.json` that maps `@sightline/sightline`. */

import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { assetUrl, readAssetText } from "../assets.ts";

/** What a plugin may be begun with. */
export const kinds = ["detection", "classification", "segmentation", "blank"] as const;

/** One of {@link kinds}. */
export type PluginKind = typeof kinds[number];

/** A file to write. */
export interface ScaffoldFile {
  readonly name: string;
  readonly text: string;
}

/** What stands in the templates for the contract, and for the plugin's name. */
const typesImport = "../../../contract.ts";
const templateName = "my_use_case";

/**
 * A plugin and its test, which passes as it is; its files are called by its name, which is in
 * snake_case. `types`: what it imports the contract's types from.
 */
export async function scaffold(
  name: string,
  kind: PluginKind,
  types: string,
): Promise<ScaffoldFile[]> {
  return await Promise.all([`${templateName}.ts`, `${templateName}_test.ts`].map(async (file) => {
    const template = await readAssetText(`src/authoring/templates/${kind}/${file}`);
    return { name: named(file, name, types), text: named(template, name, types) };
  }));
}

/** Why it is no name for a plugin; null when it is one. */
export function whyNoName(name: string): string | null {
  if (name.length > 64) return "is longer than 64 characters";
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name)) {
    return "must be in snake_case: small letters and digits, words joined by one underscore, " +
      "a letter first";
  }
  // Deno would take the plugin for a test.
  return /(^|_)test$/.test(name) ? "must not end in test, which is for the test's own file" : null;
}

function named(text: string, name: string, types: string): string {
  return text
    .replaceAll(typesImport, types)
    .replaceAll(templateName, name)
    .replaceAll(pascalCase(templateName), pascalCase(name));
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What plugins import types and helpers from. */
export const packageName = "@sightline/sightline";

/** A configuration that Deno finds for a folder. */
export interface FoundConfig {
  readonly path: string;
  /** Whether it maps the package. */
  readonly maps: boolean;
}

/** The nearest configuration of a folder or one above it, as Deno looks for it; null for none. */
export async function findConfig(folder: string): Promise<FoundConfig | null> {
  for (let at = resolve(folder);; at = dirname(at)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(at, name);
      const text = await Deno.readTextFile(path).catch(() => null);
      if (text === null) continue;
      return { path, maps: new RegExp(`"${packageName}"\\s*:`).test(text) };
    }
    if (dirname(at) === at) return null;
  }
}

/** A configuration that maps the package to `target`, a path from its folder or a URL. */
export function configFor(target: string): string {
  return `${JSON.stringify({ imports: { [packageName]: target } }, null, 2)}\n`;
}

/** What a plugin imports, and what a `deno.json` has to make of it. */
export interface TypesSource {
  readonly types: string;
  /** A path from the plugin's folder or a URL; null where none is needed. */
  readonly target: string | null;
}

/**
 * Within Sightline's own folder `src/mod.ts` by a relative path, as in all of `plugins/`; elsewhere the
 * package by its name, which is what Sightline gives a plugin when it runs, wherever it came from.
 */
export async function sourceFor(dir: string): Promise<TypesSource | null> {
  if (Deno.build.standalone) return null;
  const root = assetUrl(".");
  if (root.protocol === "file:") {
    const inside = relative(fileURLToPath(root), resolve(dir));
    const isInside = !inside.startsWith("..") && !isAbsolute(inside);
    if (isInside) return { types: await targetFrom(dir), target: null };
  }
  return { types: packageName, target: await targetFrom(dir) };
}

/** This Sightline's modules as a module in `dir` names them: no path of this machine's own. */
export async function targetFrom(dir: string): Promise<string> {
  const module = assetUrl("src/mod.ts");
  if (module.protocol !== "file:") return module.href;
  // A link on the way would make `..` another folder; where there is none yet, writing will say so.
  const from = await Deno.realPath(dir).catch(() => resolve(dir));
  const path = relative(from, fileURLToPath(module)).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}
