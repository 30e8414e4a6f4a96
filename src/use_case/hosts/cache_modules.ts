/** Modules of a Sightline that was started from the web, for children that may fetch nothing. */

import { UseCaseError } from "../use_case_error.ts";

const guest = new URL("../guest/process_guest.ts", import.meta.url);

/** The host that Sightline's own modules come from, with its port; null when they are on this machine. */
export const ownHost: string | null = guest.protocol === "file:"
  ? null
  : `${guest.hostname}:${guest.port || (guest.protocol === "https:" ? 443 : 80)}`;

/**
 * Brings the modules of a guest in a child process into Deno's cache.
 * @throws {UseCaseError} when they cannot be had
 */
export async function cacheModules(moduleUrl: string, signal: AbortSignal): Promise<void> {
  if (ownHost === null || Deno.build.standalone) return;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["cache", "--quiet", "--no-config", "--no-lock", `--allow-import=${ownHost}`],
      ...[guest.href, moduleUrl],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal,
  }).output();
  if (success) return;
  const words = new TextDecoder().decode(stderr).replace(/^error: /, "").split("\n", 1)[0];
  throw new UseCaseError(`Cannot load Sightline's own modules from ${ownHost}: ${words}`);
}
