/** The URL and the name of a plugin. */

import { basename } from "node:path";
import { pathToFileURL } from "node:url";

/** The URL of a plugin that was given as a path (from the working directory) or as a URL. */
export function pluginUrl(module: string): URL {
  return /^(https?|file):/i.test(module) ? new URL(module) : pathToFileURL(module);
}

/** What a plugin is called in records and log lines: its file name without the ending. */
export function pluginName(module: string): string {
  return basename(pluginUrl(module).pathname).replace(/\.[^.]+$/, "");
}
