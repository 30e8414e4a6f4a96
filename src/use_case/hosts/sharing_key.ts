/** Which streams may share a guest. */

import type { UseCaseConfig } from "../settings.ts";

/** The same for streams whose plugin may share a guest. */
export function sharingKey(config: UseCaseConfig, stream: string): string {
  const { module, granted, isolation, memoryMb, cacheDir, sharing } = config;
  const own = sharing === "stream" ? stream : null;
  return JSON.stringify([module, granted, isolation, memoryMb, cacheDir, own]);
}
