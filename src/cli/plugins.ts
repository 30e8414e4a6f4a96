/** `plugins`: what is pinned, and accepting what has changed. */

import { describeError } from "../log/describe_error.ts";
import { defaultCacheDir } from "../use_case/modules/cache_dir.ts";
import { lockFile, readLock } from "../use_case/modules/plugin_lock.ts";
import { hashesOf, updateRemotePlugin } from "../use_case/modules/remote_plugin.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { useCaseSettings } from "../use_case/settings.ts";
import { readCommand } from "./command_args.ts";
import { print, printError } from "./print.ts";

const table = { plugin_cache: useCaseSettings.plugin_cache };

/** Runs `plugins list` or `plugins update URL`. */
export async function plugins(args: string[], signal: AbortSignal): Promise<number> {
  const read = await readCommand(args, {
    table,
    usage: "plugins list | plugins update URL",
    description: `list: the plugins that ${lockFile} pins, in the working directory; ` +
      "update URL: fetch a plugin again and pin what comes, saying what has changed.",
    maxOperands: 2,
    check: ([action, url]) =>
      action === "list" && url !== undefined
        ? [{ setting: null, value: url, message: "belongs to no flag" }]
        : [],
  });
  if (typeof read === "number") return read;
  const { operands: [action, url], values: { plugin_cache } } = read;
  const wrong = (line: string) => {
    printError(line);
    return 2;
  };
  try {
    if (action === "list") return await list();
    if (action === "update" && url !== undefined) {
      if (!/^https?:/i.test(url) || !URL.canParse(url)) {
        return wrong(`${url}: must be the http:// or https:// URL of a plugin`);
      }
      return await update(new URL(url).href, plugin_cache ?? defaultCacheDir(), signal);
    }
  } catch (error) {
    if (!(error instanceof UseCaseError)) throw error;
    printError(describeError(error));
    return 1;
  }
  return wrong("plugins: must be followed by list, or update URL; see plugins --help");
}

async function list(): Promise<number> {
  for (const [entry, pins] of Object.entries(await readLock())) {
    await print(entry);
    for (const [module, hash] of Object.entries(pins)) await print(`  ${hash}  ${module}`);
  }
  return 0;
}

async function update(entry: string, cacheDir: string, signal: AbortSignal): Promise<number> {
  const before = (await readLock())[entry] ?? {};
  const after = await hashesOf(await updateRemotePlugin(entry, cacheDir, signal));
  for (const module of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old = "none", now = "none"] = [before[module], after[module]];
    await print(old === now ? `unchanged ${module}` : `${module}\n  was ${old}\n  is  ${now}`);
  }
  return 0;
}
