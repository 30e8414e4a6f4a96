/** Finds, checks and pins the modules of a plugin, before a guest may load them. */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Logger } from "@logtape/logtape";
import { tellsOfDescriptors } from "../../log/describe_error.ts";
import { assetUrl, isShippedPlugin } from "../../assets.ts";
import type { Permissions } from "../permissions.ts";
import type { UseCaseConfig } from "../settings.ts";
import { defaultCacheDir } from "./cache_dir.ts";
import { linkModules } from "./link_modules.ts";
import {
  type Claim,
  maxModuleBytes,
  type ModuleGraph,
  ModuleUnreadable,
  ownPackage,
  readGraph,
} from "./module_graph.ts";
import { describePermissions, findIdle, findMissing } from "../permissions.ts";
import { PluginTrace } from "./plugin_trace.ts";
import { lockFile, type PluginPins } from "./plugin_lock.ts";
import { pluginName, pluginUrl } from "./plugin_url.ts";
import { hashesOf, readRemotePlugin } from "./remote_plugin.ts";
import { sha256 } from "./sha256.ts";
import { UseCaseError } from "../use_case_error.ts";

/** A plugin that was looked at. */
export interface PreparedPlugin {
  /** What a guest loads. */
  readonly url: string;
  /** Tells the modules as they are from what they were before. */
  readonly version: string;
  readonly trace: PluginTrace;
  /** Every file of it on this machine, or folders that hold nothing else. */
  readonly files: readonly string[];
  /** False when what a guest would load is not what was looked at. */
  isUnchanged(): Promise<boolean>;
}

/**
 * Finds the modules of a plugin and checks what they import and ask for.
 * @throws {UseCaseError}
 */
export async function preparePlugin(
  config: UseCaseConfig,
  logger: Logger,
  signal: AbortSignal,
): Promise<PreparedPlugin> {
  const { module } = config;
  checkConfinable(config, Deno.build.standalone);
  const url = pluginUrl(module);
  const isRemote = url.protocol !== "file:";
  // Shipped with a Sightline that itself was started from the web: its code is as much ours.
  if (isRemote && url.href.startsWith(assetUrl("").href)) {
    const trace = new PluginTrace(new Map([[url.href, { url: url.href, map: null }]]));
    return {
      url: url.href,
      version: "",
      files: [],
      trace,
      isUnchanged: () => Promise.resolve(true),
    };
  }
  if (url.username !== "" || url.password !== "") {
    throw new UseCaseError(
      `Cannot load plugin ${pluginName(module)}: its URL holds a user or password, which ` +
        `${lockFile} would make known`,
    );
  }
  const cacheDir = () => config.cacheDir ?? defaultCacheDir();
  const graph = isRemote
    ? await readRemotePlugin(url.href, cacheDir(), logger, signal)
    : await readGraph(url.href, readLocal);
  const asked = graph.get(url.href)?.parsed?.permissions ?? {};
  checkGranted(config, asked, logger);
  const version = await sha256(
    JSON.stringify([...graph].map(([url, { source }]) => [url, source])),
  );
  // A plugin from a path runs where it lies, unless one of its imports has to be rewritten.
  if (!isRemote && !mustBeLinked(graph)) {
    // Deno itself tells the lines of what it runs in place.
    const modules = [...graph.keys()].map((url) => [url, { url, map: null }] as const);
    const files = modules.map(([url]) => fileURLToPath(url));
    const hashes = await hashesOf(graph);
    const trace = new PluginTrace(new Map(modules));
    return { url: url.href, version, files, trace, isUnchanged: () => isAsPinned(hashes) };
  }
  const { entry, modules } = await linkModules(graph, url.href, cacheDir());
  const files = [dirname(fileURLToPath(entry))];
  const trace = new PluginTrace(modules);
  // The copies are in a cache of Sightline's own.
  return { url: entry, version, files, trace, isUnchanged: () => Promise.resolve(true) };
}

/**
 * The modules of a plugin from a path.
 * @throws {UseCaseError}
 */
export async function localModules(url: string): Promise<string[]> {
  return [...(await readGraph(url, readLocal)).keys()];
}

/**
 * Refuses what could only be promised: the child of a compiled binary is the binary itself, and has
 * all of its permissions.
 * @throws {UseCaseError}
 */
export function checkConfinable(
  { module, isolation }: Pick<UseCaseConfig, "module" | "isolation">,
  isBinary: boolean,
): void {
  if (!isBinary || isolation === "worker" || isShippedPlugin(module)) return;
  throw new UseCaseError(
    `Cannot start plugin ${
      pluginName(module)
    }: a compiled Sightline cannot confine a plugin that ` +
      "does not ship with it; start Sightline with Deno, or say by --isolation worker that you " +
      "trust the plugin",
  );
}

function checkGranted(
  { module, granted, withholdsNet }: UseCaseConfig,
  { net, ...others }: Permissions,
  logger: Logger,
): void {
  const asked = net === undefined || withholdsNet ? others : { ...others, net };
  const missing = describePermissions(findMissing(asked, granted));
  if (missing !== "") {
    throw new UseCaseError(
      `Cannot start plugin ${pluginName(module)}: it asks for ${missing}, ` +
        `which is not granted; add --allow_plugin ${missing}`,
    );
  }
  const idle = describePermissions(findIdle(asked, granted));
  if (idle === "") return;
  logger.warn("It may use {idle}, which it does not ask for", { idle });
}

async function isAsPinned(hashes: PluginPins): Promise<boolean> {
  for (const [url, hash] of Object.entries(hashes)) {
    const source = await readLocal(url, () => {}).catch(() => null);
    if (source === null || await sha256(source) !== hash) return false;
  }
  return true;
}

async function readLocal(url: string, claim: Claim): Promise<string> {
  const refuse = (state: string, cause?: unknown) =>
    new ModuleUnreadable(`Cannot load plugin module ${url}: ${state}`, { cause });
  try {
    const { size, isFile } = await Deno.stat(new URL(url));
    if (!isFile) throw refuse("it is no file");
    if (size > maxModuleBytes) throw refuse(`it has more than ${maxModuleBytes} bytes`);
    claim(size);
    return await readFile(new URL(url), "utf8");
  } catch (error) {
    if (error instanceof UseCaseError) throw error;
    if (error instanceof Deno.errors.NotFound) throw refuse("it does not exist", error);
    // The fault of this process, not of the module.
    if (tellsOfDescriptors((error as Error).message)) throw error;
    throw refuse((error as Error).message, error);
  }
}

function mustBeLinked(graph: ModuleGraph): boolean {
  return [...graph.values()].some(({ parsed }) =>
    parsed !== null && (!parsed.mayRunAsIs || parsed.reached.includes(ownPackage))
  );
}
