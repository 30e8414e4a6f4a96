/** A configuration that strangers may see. */

import { maskUrl } from "../../log/mask.ts";

/** Keys whose values are secrets, whatever component they belong to. */
const secretKeys =
  /token|passw|secret|credential|authorization|api_?key|apikey|private|signing|headers|env$/i;
/** Keys that hold a secret, or the name of the file that does. */
const secretConfigs = new Set(["token", "operateToken", "password"]);

/**
 * The same with every secret replaced: passwords and keys by the names of their settings, and
 * credentials within URLs. Too much rather than too little; the path of a file that holds a secret stays.
 */
export function maskConfig(value: unknown, key = ""): unknown {
  if (typeof value === "string") return secretKeys.test(key) ? "***" : maskUrl(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof URL) return maskUrl(value.href);
  if (value instanceof Set) return maskConfig([...value], key);
  if (value instanceof Map) return maskConfig(Object.fromEntries(value), key);
  if (Array.isArray(value)) return value.map((part) => maskConfig(part, key));
  const entries = Object.entries(value);
  const isFile = secretConfigs.has(key) && entries.length === 1 && entries[0]![0] === "file";
  if (isFile) return value;
  return Object.fromEntries(
    entries.map(([name, part]) => [name, maskConfig(part, secretKeys.test(key) ? key : name)]),
  );
}
