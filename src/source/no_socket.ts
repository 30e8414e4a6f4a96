/** Why a source cannot do without a socket that cannot be made. */

import { SourceError } from "./source.ts";

/** `what` is what cannot be done, such as "read rtsp://camera". */
export function noSocket(what: string, cause: unknown): SourceError {
  const isForbidden = cause instanceof Deno.errors.NotCapable;
  return new SourceError(
    "unknown",
    `Cannot ${what}: no ${isForbidden ? "permission" : "place"} for a socket`,
    isForbidden
      ? "start Sightline with the flags that its command `permissions` prints"
      : "let the user that runs Sightline write into the folder for temporary files (TMPDIR)",
    { cause },
  );
}
