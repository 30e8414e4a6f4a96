/** A plugin's module graph, read from its entry and checked before any module runs. */

import { dirname } from "node:path";
import { realpath } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { assetUrl } from "../../assets.ts";
import { ModuleParser } from "./module_parser.ts";
import type { ParsedModule } from "./parse_module.ts";
import { PluginTrace } from "./plugin_trace.ts";
import { UseCaseError } from "../use_case_error.ts";

/** Modules of one plugin. */
const maxModules = 256;
/** Bytes of one module: source code, not data. */
export const maxModuleBytes = 4 * 1024 * 1024;
/** Bytes of all of them: each is parsed, in memory of Sightline's own. */
const maxPluginBytes = 32 * 1024 * 1024;

/** Says that so many more bytes of a plugin are about to be held. @throws {UseCaseError} */
export type Claim = (byteLength: number) => void;

/** One module, as it was read. */
export interface GraphModule {
  readonly source: string;
  /** Null for JSON, which is data. */
  readonly parsed: ParsedModule | null;
  /** What each specifier stands for. */
  readonly resolved: ReadonlyMap<string, string>;
}

/** A module that cannot be had; {@link readGraph} adds which one imports it. */
export class ModuleUnreadable extends UseCaseError {}

/** Every module of a plugin by its URL, each after those that it imports. */
export type ModuleGraph = ReadonlyMap<string, GraphModule>;

/** The name under which a plugin may import what Sightline offers to plugins. */
export const ownPackage = "@sightline/sightline";

const ownRoot = assetUrl("").href;
const ownSources = assetUrl("src/").href;
const ownModule = assetUrl("src/mod.ts").href;

/**
 * Reads the entry and all that it imports, side by side as far as they are known.
 * @throws {UseCaseError} for what a plugin may not import, for a cycle, and for too many modules
 */
export async function readGraph(
  entry: string,
  read: (url: string, claim: Claim) => Promise<string>,
): Promise<ModuleGraph> {
  const found = new Map<string, GraphModule>();
  using parser = new ModuleParser();
  let claimed = 0;
  const claim: Claim = (byteLength) => {
    claimed += byteLength;
    if (claimed <= maxPluginBytes) return;
    throw new UseCaseError(
      `Cannot load plugin ${entry}: its modules have more than ${maxPluginBytes} bytes together`,
    );
  };
  for (let wanted = new Set([entry]); wanted.size > 0;) {
    if (found.size + wanted.size > maxModules) {
      throw new UseCaseError(`Cannot load plugin ${entry}: it has more than ${maxModules} modules`);
    }
    const sources = await Promise.all(
      [...wanted].map(async (url) => {
        const source = await read(url, claim).catch((error) => {
          throw withImporter(error, url, found);
        });
        return [url, source] as const;
      }),
    );
    // Only what has its bounds as a whole is parsed, which takes far more memory and time.
    const modules: (readonly [string, GraphModule])[] = [];
    for (const [url, source] of sources) {
      modules.push([url, await readModule(url, source, parser)]);
    }
    for (const [url, { resolved }] of modules) {
      for (const target of new Set(resolved.values())) {
        checkOrigin(target, entry, url);
        await checkReach(target, entry, url);
      }
    }
    for (const [url, module] of modules) found.set(url, module);
    wanted = new Set(
      modules.flatMap(([url, { resolved }]) =>
        [...resolved.values()].filter((target) => !found.has(target) && !isOwn(target, url))
      ),
    );
  }
  return inOrder(entry, found);
}

/** The same error, with the place of the import that wanted the module. */
function withImporter(error: unknown, url: string, found: ModuleGraph): unknown {
  if (!(error instanceof ModuleUnreadable)) return error;
  for (const [importer, { parsed, resolved }] of found) {
    const [specifier] = [...resolved].find(([, target]) => target === url) ?? [];
    if (parsed === null || specifier === undefined) continue;
    const place = placeOfImport(importer, parsed, specifier);
    return new UseCaseError(`${error.message}, imported by ${place}`, { cause: error.cause });
  }
  return error;
}

/** The line that the author wrote; without it where nothing uses the import. */
function placeOfImport(
  url: string,
  { code, map, imports }: ParsedModule,
  specifier: string,
): string {
  const start = imports.find((one) => one.specifier === specifier)?.start;
  if (start === undefined) return url;
  const lines = code.slice(0, start).split("\n");
  const trace = new PluginTrace(new Map([[url, { url, map: map && JSON.parse(map) }]]));
  return trace.read(`at ${url}:${lines.length}:${lines.at(-1)!.length + 1}`)[0] ?? url;
}

/** What Sightline's own modules import of it is ours, and needs no look. */
function isOwn(target: string, from: string): boolean {
  return target === ownModule || (target.startsWith(ownSources) && from.startsWith(ownRoot));
}

async function readModule(
  url: string,
  source: string,
  parser: ModuleParser,
): Promise<GraphModule> {
  if (isJson(url)) return { source, parsed: null, resolved: new Map() };
  const parsed = await parser.parse(url, source);
  // From the web, the code runs, and what it does not use is not fetched.
  const specifiers = url.startsWith("file:")
    ? parsed.reached
    : parsed.imports.map(({ specifier }) => specifier);
  const resolved = new Map<string, string>();
  for (const specifier of specifiers) {
    if (!isHarmless(specifier)) resolved.set(specifier, resolveImport(specifier, url));
  }
  return { source, parsed, resolved };
}

/** Each module after those that it imports. @throws {UseCaseError} for a cycle */
function inOrder(entry: string, found: ModuleGraph): ModuleGraph {
  const graph = new Map<string, GraphModule>();
  function add(url: string, path: readonly string[]): void {
    const module = found.get(url);
    if (graph.has(url) || module === undefined) return;
    if (path.includes(url)) {
      const circle = [...path.slice(path.indexOf(url)), url].join(" → ");
      throw new UseCaseError(
        `Cannot load plugin ${entry}: its modules import each other: ${circle}`,
      );
    }
    for (const target of module.resolved.values()) add(target, [...path, url]);
    graph.set(url, module);
  }
  add(entry, []);
  return graph;
}

/**
 * Parts of Node that only compute: nothing outside of the process can be read, changed or started by
 * way of them, and no code be made.
 */
const harmlessOfNode = [
  ...["assert", "assert/strict", "buffer", "events", "path", "path/posix", "path/win32"],
  ...["punycode", "querystring", "string_decoder", "timers", "timers/promises", "url"],
  ...["util", "util/types"],
];

/** True for what needs no look: what Sightline offers, and what touches nothing. */
function isHarmless(specifier: string): boolean {
  return specifier === ownPackage ||
    harmlessOfNode.some((name) => specifier === `node:${name}`);
}

function resolveImport(specifier: string, from: string): string {
  const isRelative = /^\.{0,2}\//.test(specifier);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(specifier)?.[1]?.toLowerCase();
  const own = new URL(from).protocol.replace(":", "");
  const target = isRelative || (scheme !== undefined && allowedSchemes[own]?.includes(scheme))
    ? toUrl(specifier, from)
    : null;
  if (target === null) {
    const allowed = own === "file" ? "files" : "modules of the web";
    throw new UseCaseError(
      `Cannot load plugin module ${from}: it imports ${JSON.stringify(specifier)}, allowed are ` +
        `${allowed}, ${ownPackage} and, of node:, ${harmlessOfNode.join(", ")}`,
    );
  }
  if (!/\.(m?[jt]s|json)$/.test(target.pathname)) {
    throw new UseCaseError(
      `Cannot load plugin module ${from}: it imports ${target.href}, ` +
        `which ends in none of .ts, .mts, .js, .mjs and .json`,
    );
  }
  return target.href;
}

/** @throws {UseCaseError} for what is no URL, or a file's that stands for no path */
function toUrl(specifier: string, from: string): URL {
  try {
    const url = new URL(specifier, from);
    if (url.protocol === "file:") fileURLToPath(url);
    return url;
  } catch (cause) {
    throw new UseCaseError(
      `Cannot load plugin module ${from}: it imports ${JSON.stringify(specifier)}, ` +
        `which is no address: ${(cause as Error).message}`,
      { cause },
    );
  }
}

// An import over http by a module over https could be replaced on its way.
const allowedSchemes: Readonly<Record<string, readonly string[]>> = {
  file: ["file"],
  https: ["https"],
  http: ["https", "http"],
};

/**
 * Sightline fetches with a reach of its own, that of its network: what a server names elsewhere, such
 * as an address behind a firewall, is not for it to ask.
 */
function checkOrigin(target: string, entry: string, from: string): void {
  const { protocol, origin } = new URL(entry);
  if (protocol === "file:" || isOwn(target, from) || new URL(target).origin === origin) return;
  throw new UseCaseError(
    `Cannot load plugin module ${from}: it imports ${target}, ` +
      `a plugin by URL may import from its own origin alone, ${origin}`,
  );
}

/** A plugin's data lies in its own folder: a JSON file elsewhere may hold secrets. */
async function checkReach(target: string, entry: string, from: string): Promise<void> {
  if (!isJson(target) || !target.startsWith("file:")) return;
  const folder = await real(dirname(fileURLToPath(entry)));
  const file = await real(fileURLToPath(target));
  if (file.startsWith(`${folder}/`)) return;
  throw new UseCaseError(
    `Cannot load plugin module ${from}: it imports ${target}, which lies outside of its folder; ` +
      `it can ask for permission to read it`,
  );
}

async function real(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

function isJson(url: string): boolean {
  return new URL(url).pathname.endsWith(".json");
}
