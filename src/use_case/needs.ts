/** What a plugin touches, and what keeps it apart. */

import { resolve } from "node:path";
import type { Needs } from "../settings/needs.ts";
import { guestSocketName } from "./hosts/process_link.ts";
import { sharingKey } from "./hosts/sharing_key.ts";
import { defaultCacheDir } from "./modules/cache_dir.ts";
import { pluginUrl } from "./modules/plugin_url.ts";
import { localModules } from "./modules/prepare_plugin.ts";
import { permissionKinds } from "./permissions.ts";
import type { UseCaseConfig } from "./settings.ts";

/** Adds the permissions that it takes. */
export async function useCaseNeeds(
  stream: string,
  useCase: UseCaseConfig,
  needs: Needs,
): Promise<void> {
  const url = pluginUrl(useCase.module);
  if (url.protocol === "file:") {
    for (const module of await localModules(url.href)) needs.readFile(module);
  } else {
    const cacheDir = useCase.cacheDir ?? defaultCacheDir();
    if (useCase.cacheDir === null) needs.add("env", "HOME", "XDG_CACHE_HOME");
    needs.host(url);
    needs.add("read", resolve(cacheDir), resolve("."));
    needs.add("write", resolve(cacheDir), resolve("."));
  }
  if (useCase.isolation === "process") {
    // Deno opens /proc only with all permissions, so ps tells how much memory a child holds.
    needs.add("run", Deno.execPath(), "ps");
    needs.socket(guestSocketName(sharingKey(useCase, stream)));
    needs.add("env", "DENO_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "SystemRoot");
    return;
  }
  // A Worker can only be given what its process has.
  for (const kind of permissionKinds) {
    const granted = useCase.granted[kind];
    const isPath = kind === "read" || kind === "write";
    if (granted === true) needs.all(kind);
    else for (const value of granted ?? []) needs.add(kind, isPath ? resolve(value) : value);
  }
}
