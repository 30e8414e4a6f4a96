/** The folder in which modules of plugins are cached. */

import { join } from "node:path";

/** The folder `sightline` among the user's caches. */
export function defaultCacheDir(): string {
  const { get } = Deno.env;
  const home = get("HOME") ?? ".";
  const caches = get("XDG_CACHE_HOME") ??
    (Deno.build.os === "windows"
      ? get("LOCALAPPDATA") ?? home
      : Deno.build.os === "darwin"
      ? join(home, "Library", "Caches")
      : join(home, ".cache"));
  return join(caches, "sightline");
}
