/** How much memory an ffmpeg may take, whatever it reads. */

import type { Logger } from "@logtape/logtape";
import { watchMemory } from "../memory_watch.ts";
import type { Address } from "./address.ts";
import type { SourceConfig } from "./settings.ts";

/** A file is decoded by all cores at once, up to so many, each of which holds pictures as large as 8K. */
const mostFileThreads = 16;
const fileThreadMb = 64;

/** What drivers of hardware may take, which is not the camera's doing. */
const driverMb = 1024;

/** Megabytes; past them it is ended. */
export function memoryLimitMb(
  { kind }: Address,
  { hwaccel, ffmpegMemoryMb }: SourceConfig,
): number {
  const threads = Math.min(mostFileThreads, navigator.hardwareConcurrency + 1);
  return ffmpegMemoryMb + (kind === "file" ? threads * fileThreadMb : 0) +
    (hwaccel === null ? 0 : driverMb);
}

/** Watches what it takes where the kernel cannot bound it, as drivers reserve more than they use. */
export function watchFfmpeg(
  pid: number,
  limitMb: number,
  logger: Logger,
  /** `text` is in ffmpeg's own words for memory that it is refused, see reason.ts. */
  onTooMuch: (text: string) => void,
): Disposable {
  return watchMemory(pid, limitMb, {
    onTooMuch: (usedMb) =>
      onTooMuch(`Cannot allocate memory: it took ${usedMb} MB, allowed are ${limitMb}`),
    onBlind: () => logger.warn("ffmpeg's memory cannot be watched: neither /proc nor ps answers"),
  });
}
