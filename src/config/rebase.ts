/** Paths in a configuration file are meant from where the file lies. */

import { resolve } from "node:path";
import { rebasePath } from "../settings/paths.ts";
import { isStreamAddress } from "./parse_urls.ts";
import { isShippedName } from "./shipped_plugins.ts";

/** The path of a recording; what can only be a camera's address is left to who reads it. */
export function rebaseStream(text: unknown, directory: string): unknown {
  return typeof text === "string" && isStreamAddress(text) ? text : rebasePath(text, directory);
}

/** The path of a plugin; one that ships goes by its name from everywhere. */
export function rebasePlugin(text: unknown, directory: string): unknown {
  return isShippedName(text) ? text : rebasePath(text, directory);
}

/** Whether a text where a plugin could stand is neither path nor URL. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && !/[./\\:]/.test(value);
}

/** The paths among what a plugin may do: `read=./zones.json,net=hooks.example.com`. */
export function rebasePermissions(text: unknown, directory: string): unknown {
  if (typeof text !== "string") return text;
  let kind = "";
  return text.split(",").map((part) => {
    const [, newKind, rest] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    kind = newKind ?? kind;
    const value = rest ?? part;
    if (!["read", "write"].includes(kind) || value === "" || value === "*") return part;
    return (newKind === undefined ? "" : `${kind}=`) + resolve(directory, value);
  }).join(",");
}
