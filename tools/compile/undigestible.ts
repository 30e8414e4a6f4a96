/** Parts of packages that `deno compile` cannot take, and Sightline does not load. */

import { join } from "node:path";

/**
 * bintrees, which prom-client brings, ships a list of 100,000 numbers without an ending. Deno 2.9
 * takes it for a script, and its parser runs out of stack.
 */
const folders = [["bintrees", "test"]] as const;

/** Absolute paths of those that are in Deno's cache. */
export async function undigestibleFolders(): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const found: string[] = [];
  for (const registry of await names(npmCache)) {
    for (const [name, folder] of folders) {
      for (const version of await names(join(npmCache, registry, name))) {
        found.push(join(npmCache, registry, name, version, folder));
      }
    }
  }
  return found;
}

/** Names of folders; none where there is nothing. */
async function names(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}
