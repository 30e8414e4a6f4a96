/** Fills Deno's cache with Sightline's own modules, for child processes that may not write there. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UseCaseError } from "../use_case_error.ts";
import { ownDenoDir } from "./own_deno_dir.ts";

const guest = new URL("../guest/process_guest.ts", import.meta.url);
const launcher = new URL("../wall/launch.ts", import.meta.url);

/** The host that Sightline's own modules come from, with its port; null when they are on this machine. */
export const ownHost: string | null = guest.protocol === "file:"
  ? null
  : `${guest.hostname}:${guest.port || (guest.protocol === "https:" ? 443 : 80)}`;

/**
 * Brings the modules of a guest in a child process into Deno's cache. Those on this machine need it
 * only to be transpiled once, rather than with each start.
 * @throws {UseCaseError} when they cannot be had
 */
export async function cacheModules(moduleUrl: string, signal: AbortSignal): Promise<void> {
  if (Deno.build.standalone) return;
  if (ownHost === null && (await isTranspiled())) return;
  const imports = ownHost === null ? ["--no-remote"] : [`--allow-import=${ownHost}`];
  const modules = ownHost === null ? [guest.href] : [guest.href, launcher.href, moduleUrl];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["cache", "--quiet", "--no-config", "--no-lock", "--no-npm", ...imports, ...modules],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  if (success || ownHost === null) return;
  const message = new TextDecoder().decode(stderr).replace(/^error: /, "").split("\n", 1)[0];
  throw new UseCaseError(`Cannot load Sightline's own modules from ${ownHost}: ${message}`);
}

/** True as well where that cannot be known. */
async function isTranspiled(): Promise<boolean> {
  const denoDir = ownDenoDir();
  if (denoDir === null) return true;
  const path = fileURLToPath(guest);
  try {
    const [source, emitted] = await Promise.all([
      stat(path),
      stat(join(denoDir, "gen", "file", `${path}.js`)).catch((error) => {
        if ((error as { code?: string }).code === "ENOENT") return null;
        throw error;
      }),
    ]);
    return emitted !== null && emitted.mtimeMs > source.mtimeMs;
  } catch {
    return true;
  }
}
