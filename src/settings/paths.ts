/** Settings that name a file or folder of this machine. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type About, type Setting, SettingError, text } from "./setting.ts";

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

/**
 * A path, or the `file:` URL of one.
 * @throws {SettingError} for what is neither; `allowed` tells what is
 */
export function parsePath(text: string, allowed: string): string {
  if (text === "") throw new SettingError();
  if (/^file:/i.test(text)) {
    try {
      return fileURLToPath(text);
    } catch {
      throw new SettingError(`is no URL of a file on this machine, must be ${allowed}`);
    }
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme !== undefined) {
    throw new SettingError(`${scheme}:// is not supported, must be ${allowed}`);
  }
  return text;
}

/** @throws {SettingError} when there is one, which no path and no URL of ours holds */
export function refuseControls(text: string): void {
  // deno-lint-ignore no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new SettingError("holds a control character");
}
