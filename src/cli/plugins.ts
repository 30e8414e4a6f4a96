/** `plugins`: what is pinned, and accepting what has changed. */

import { Command } from "commander";
import { describeError } from "../log/describe_error.ts";
import { defaultCacheDir } from "../use_case/modules/cache_dir.ts";
import { lockFile, readLock } from "../use_case/modules/plugin_lock.ts";
import { hashesOf, updateRemotePlugin } from "../use_case/modules/remote_plugin.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { print, printError } from "./print.ts";

const HELP = `Usage: plugins list | plugins update URL

  list          the plugins that ${lockFile} pins, in the working directory
  update URL    fetch a plugin again and pin what comes, saying what has changed

Flags:
  --plugin_cache <DIR>  where plugins from URLs are kept
`;

/** Runs `plugins list` or `plugins update URL`. */
export async function plugins(args: string[], signal: AbortSignal): Promise<number> {
  const parser = new Command().helpOption(false).option("-h, --help").option(
    "--plugin_cache <dir>",
  );
  const { operands, unknown } = parser.parseOptions(
    args.map((arg) => arg.replace(/^--plugin-cache/, "--plugin_cache")),
  );
  const [action, url, ...more] = operands;
  const options = parser.opts<{ help?: boolean; plugin_cache?: string }>();
  const wrong = (line: string) => {
    printError(line);
    return 2;
  };
  if (options.help) {
    await print(HELP);
    return 0;
  }
  if (unknown.length > 0) return wrong(`${unknown[0]}: unknown flag, see plugins --help`);
  try {
    if (action === "list" && url === undefined) return await list();
    if (action === "update" && url !== undefined && more.length === 0) {
      if (!/^https?:/i.test(url) || !URL.canParse(url)) {
        return wrong(`${url}: must be the http:// or https:// URL of a plugin`);
      }
      return await update(new URL(url).href, options.plugin_cache ?? defaultCacheDir(), signal);
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
  const after = await hashesOf(await updateRemotePlugin(entry, { cacheDir, signal }));
  for (const module of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old = "none", now = "none"] = [before[module], after[module]];
    await print(old === now ? `unchanged ${module}` : `${module}\n  was ${old}\n  is  ${now}`);
  }
  return 0;
}
