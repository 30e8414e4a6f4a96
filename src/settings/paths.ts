/** Settings that name a file or folder of this machine. */

import { resolve } from "node:path";
import { type About, type Setting, text } from "./setting.ts";

/** True for what comes over the network; anything else is on this machine. */
export function isRemote(place: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(place) && !/^file:/i.test(place);
}

/** A path from `directory`; a URL, right or wrong, stays as it is, and so does what is no text. */
export function rebasePath(given: unknown, directory: string): unknown {
  if (typeof given !== "string" || given === "") return given;
  if (isRemote(given) || /^(rtsps?|https?|file):/i.test(given)) return given;
  return resolve(directory, given);
}

/** A path that may lead nowhere yet, such as that of a folder. */
export function path<Default extends string | null = null>(
  allowed: string,
  about: About<Default>,
): Setting<string, Default> {
  return text(allowed, { rebase: rebasePath, ...about });
}

/** The path of a file that must be there. */
export function file<Default extends string | null = null>(
  allowed: string,
  about: About<Default>,
): Setting<string, Default> {
  const named = (path: string) => isRemote(path) ? null : { path, use: "read" as const };
  return path(allowed, { file: named, ...about });
}
