/** Modules that an entry reaches, as Deno itself finds them. */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rootPath } from "./embedded.ts";

interface Info {
  readonly modules: readonly { readonly specifier: string; readonly error?: string }[];
}

/**
 * The modules of this repository that the entries reach by imports, dynamic ones with a literal
 * included; paths from the root of the repository, sorted.
 */
export async function moduleGraph(entries: readonly string[]): Promise<string[]> {
  const paths = new Set<string>();
  for (const entry of entries) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: rootPath,
    }).output();
    const { modules }: Info = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, error } of modules) {
      if (error !== undefined) throw new Error(`Cannot load ${specifier}: ${error}`);
      if (specifier.startsWith("file:")) {
        paths.add(relative(rootPath, fileURLToPath(specifier)).replaceAll("\\", "/"));
      }
    }
  }
  return [...paths].toSorted();
}
