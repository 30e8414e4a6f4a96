/** The `deno.json` of an author's folder, which maps `@sightline/sightline`. */

import { dirname, join, resolve } from "node:path";

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
