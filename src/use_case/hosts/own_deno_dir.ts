/** The cache directory of the Deno that runs Sightline. */

import { join, resolve } from "node:path";

/** Where the Deno that runs us keeps what it transpiled and fetched; null when that is not known. */
export function ownDenoDir(): string | null {
  const { get } = Deno.env;
  const set = get("DENO_DIR");
  if (set) return resolve(set);
  const home = get("HOME");
  const caches = Deno.build.os === "windows"
    ? get("LOCALAPPDATA")
    : Deno.build.os === "darwin"
    ? home && join(home, "Library", "Caches")
    : get("XDG_CACHE_HOME") || (home && join(home, ".cache"));
  return caches ? join(caches, "deno") : null;
}
