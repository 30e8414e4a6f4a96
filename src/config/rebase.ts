/** Paths in a configuration file are meant from where the file lies. */

import { resolve } from "node:path";
import { isRemote, isStreamAddress } from "./parse_urls.ts";
import { isShippedName } from "./shipped_plugins.ts";

/** A path from `directory`; a URL, right or wrong, stays as it is. */
export function rebasePath(text: string, directory: string): string {
  if (text === "" || isRemote(text) || /^(rtsps?|https?|file):/i.test(text)) return text;
  return resolve(directory, text);
}

/** The path of a recording; what can only be a camera's address is left to who reads it. */
export function rebaseStream(text: string, directory: string): string {
  return isStreamAddress(text) ? text : rebasePath(text, directory);
}

/** The path of a plugin; one that ships goes by its name from everywhere. */
export function rebasePlugin(text: string, directory: string): string {
  return isShippedName(text) ? text : rebasePath(text, directory);
}

/** Whether a text where a plugin could stand is neither path nor URL. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && !/[./\\:]/.test(value);
}

/** The path of a file that records go to. */
export function rebaseSink(text: string, directory: string): string {
  const [, path] = /^jsonl:(.+)$/s.exec(text) ?? [];
  return path === undefined ? text : `jsonl:${resolve(directory, path)}`;
}

/** The paths among what a plugin may do: `read=./zones.json,net=hooks.example.com`. */
export function rebasePermissions(text: string, directory: string): string {
  let kind = "";
  return text.split(",").map((part) => {
    const [, newKind, rest] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    kind = newKind ?? kind;
    const value = rest ?? part;
    if (!["read", "write"].includes(kind) || value === "" || value === "*") return part;
    return (newKind === undefined ? "" : `${kind}=`) + resolve(directory, value);
  }).join(",");
}
