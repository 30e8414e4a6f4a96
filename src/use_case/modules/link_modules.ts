/** Writes the modules of a plugin as files that import only each other. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ModuleGraph, ownPackage } from "./module_graph.ts";
import type { TracedModule } from "./plugin_trace.ts";
import { sha256 } from "./sha256.ts";
import { splice } from "./splice.ts";
import { writeWhole } from "../../write_whole.ts";

/** Modules that were written. */
export interface LinkedModules {
  /** URL of the entry. */
  readonly entry: string;
  /** By the URL from which each runs. */
  readonly modules: ReadonlyMap<string, TracedModule>;
}

/**
 * Writes the modules, specifiers rewritten, into a folder named after their contents. What a guest
 * loads is what was checked, whatever has changed since.
 */
export async function linkModules(
  graph: ModuleGraph,
  entry: string,
  cacheDir: string,
): Promise<LinkedModules> {
  const files = new Map<string, string>();
  for (const url of graph.keys()) {
    const { pathname } = new URL(url);
    const hash = await sha256(url);
    // The name stays recognisable in a stack trace.
    const name = pathname.split("/").at(-1)!.replace(/\W+/g, "_").slice(0, 40);
    files.set(url, `${name}-${hash.slice(0, 16)}${pathname.endsWith(".json") ? ".json" : ".mjs"}`);
  }
  const own = new URL("../../mod.ts", import.meta.url).href;
  const contents: [file: string, code: string][] = [];
  for (const [url, { source, parsed, resolved }] of graph) {
    const splices = (parsed?.imports ?? []).map(({ specifier, start, end }) => {
      const target = resolved.get(specifier);
      const file = target && files.get(target);
      const to = file ? `./${file}` : target ?? (specifier === ownPackage ? own : specifier);
      return { start, end, text: JSON.stringify(to) };
    });
    const code = splice(parsed?.code ?? source, splices);
    contents.push([files.get(url)!, code]);
  }
  const folder = join(cacheDir, "linked", (await sha256(JSON.stringify(contents))).slice(0, 32));
  await mkdir(folder, { recursive: true });
  for (const [file, code] of contents) await writeWhole(join(folder, file), code);
  const urlOf = (url: string) => pathToFileURL(join(folder, files.get(url)!)).href;
  return {
    entry: urlOf(entry),
    modules: new Map([...graph].map(([url, { parsed }]) => {
      return [urlOf(url), { url, map: parsed?.map ? JSON.parse(parsed.map) : null }];
    })),
  };
}
