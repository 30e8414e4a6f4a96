/** A configuration that strangers may see. */

import { maskAddress, maskUrl } from "../../log/mask.ts";
import { isSecretName, isSecretValue } from "../../log/secret_names.ts";

/** Keys whose values are secrets, whatever component they belong to. */
const secretKeys =
  /token|passw|secret|credential|authorization|api_?key|apikey|private|signing|headers|env$/i;
/** Keys that hold a secret, or the name of the file that does. */
const secretConfigs = new Set(["token", "operateToken", "password"]);

/** Keys below which an address may be a secret as a whole. */
const addressKeys = new Set(["destinations", "outputs", "sinks"]);
/** A file's path, which is shown. */
const fileKey = /^tls_?key$/i;

/**
 * The same with every secret replaced: passwords and keys by the names of their settings, and
 * credentials within URLs. Too much rather than too little; the path of a file that holds a secret stays.
 */
export function maskConfig(value: unknown, key = "", mask = maskUrl): unknown {
  const isSecret = !fileKey.test(key) && (secretKeys.test(key) || isSecretName(key));
  if (typeof value === "string") return isSecret || isSecretValue(value) ? "***" : mask(value);
  if (typeof value === "number") return isSecretName(key) ? "***" : value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof URL) return mask(value.href);
  if (value instanceof Set) return maskConfig([...value], key, mask);
  if (value instanceof Map) return maskConfig(Object.fromEntries(value), key, mask);
  if (Array.isArray(value)) return value.map((part) => maskConfig(part, key, mask));
  const entries = Object.entries(value);
  const isFile = secretConfigs.has(key) && entries.length === 1 && entries[0]![0] === "file";
  if (isFile) return value;
  return Object.fromEntries(
    entries.map(([name, part]) => [
      name,
      maskConfig(part, isSecret ? key : name, addressKeys.has(name) ? maskAddress : mask),
    ]),
  );
}
