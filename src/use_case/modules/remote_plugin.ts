/** A plugin given by URL: fetched once, kept, and pinned. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "@logtape/logtape";
import { fetchModule } from "./fetch_module.ts";
import { writeWhole } from "../../write_whole.ts";
import { type ModuleGraph, readGraph } from "./module_graph.ts";
import { lockFile, type PluginPins, readLock, writePins } from "./plugin_lock.ts";
import { sha256 } from "./sha256.ts";
import { UseCaseError } from "../use_case_error.ts";

/** A server that has not sent all modules of a plugin by then is as good as absent. */
const fetchTimeoutMs = 10_000;
/** A pinned plugin is looked at for changes, but a start does not wait long for that. */
const recheckTimeoutMs = 3000;

/**
 * The modules of a plugin as they are pinned, or as they are when nothing is pinned yet. The signal
 * gives it up.
 * @throws {UseCaseError} when it cannot be fetched, or is not what is pinned
 */
export async function readRemotePlugin(
  entry: string,
  cacheDir: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<ModuleGraph> {
  const pins = (await readLock())[entry];
  if (pins === undefined) {
    const graph = await fetchAndPin(entry, cacheDir, signal, false);
    logger.info("{entry} is pinned in {lockFile}: {count} modules", {
      entry,
      lockFile,
      count: graph.size,
    });
    return graph;
  }
  const kept = await readKept(entry, pins, cacheDir);
  try {
    const limitMs = kept === null ? fetchTimeoutMs : recheckTimeoutMs;
    const fetched = await fetchGraph(entry, signal, limitMs, pins);
    if (kept === null) await keep(fetched, cacheDir);
    return fetched;
  } catch (error) {
    if (kept === null || error instanceof ChangedError) throw error;
    logger.warn("The copy that is pinned in {lockFile} runs: {words}", {
      lockFile,
      words: (error as Error).message,
    });
    return kept;
  }
}

/**
 * Fetches a plugin and pins what came.
 * @throws {UseCaseError}
 */
export async function updateRemotePlugin(
  entry: string,
  cacheDir: string,
  signal: AbortSignal,
): Promise<ModuleGraph> {
  return await fetchAndPin(entry, cacheDir, signal, true);
}

async function fetchAndPin(
  entry: string,
  cacheDir: string,
  signal: AbortSignal,
  mayReplace: boolean,
): Promise<ModuleGraph> {
  const graph = await fetchGraph(entry, signal, fetchTimeoutMs, null);
  await keep(graph, cacheDir);
  await writePins(entry, await hashesOf(graph), mayReplace);
  return graph;
}

/** SHA-256 of each module. */
export async function hashesOf(graph: ModuleGraph): Promise<PluginPins> {
  const hashes: Record<string, string> = {};
  for (const [url, { source }] of graph) hashes[url] = await sha256(source);
  return hashes;
}

/** A server sends something else than what is pinned. */
class ChangedError extends UseCaseError {}

async function fetchGraph(
  entry: string,
  stop: AbortSignal,
  limitMs: number,
  pins: PluginPins | null,
): Promise<ModuleGraph> {
  // What is still under way when one module fails.
  const over = new AbortController();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(limitMs), over.signal]);
  return await readGraph(entry, async function readPinned(url, claim) {
    const source = await fetchModule(url, { signal, limitMs }, claim);
    if (pins === null) return source;
    const hash = await sha256(source);
    const pinned = pins[url];
    if (pinned === hash) return source;
    throw new ChangedError(
      `Cannot load plugin ${entry}: ${url} has changed, ` +
        `${pinned === undefined ? "it is not pinned" : `SHA-256 ${pinned} is pinned`} in ` +
        `${lockFile} and the server sends ${hash}; ` +
        `"plugins update ${entry}" accepts it`,
    );
  }).finally(() => over.abort());
}

/** The modules as they were kept; null when one is missing or is not what is pinned. */
async function readKept(
  entry: string,
  pins: PluginPins,
  cacheDir: string,
): Promise<ModuleGraph | null> {
  try {
    return await readGraph(entry, async function readCopy(url) {
      const source = await readFile(join(cacheDir, "modules", pins[url]!), "utf8");
      if (await sha256(source) !== pins[url]) throw new Error("it is damaged");
      return source;
    });
  } catch {
    return null;
  }
}

async function keep(graph: ModuleGraph, cacheDir: string): Promise<void> {
  const folder = join(cacheDir, "modules");
  await mkdir(folder, { recursive: true });
  for (const { source } of graph.values()) {
    await writeWhole(join(folder, await sha256(source)), source);
  }
}
