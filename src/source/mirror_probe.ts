/** Finds out how a container has its pictures turned where ffmpeg does not say whether they are mirrored. */

import { findTrackHeader, readMatrix, type Turn } from "../frame/track_matrix.ts";
import type { ChildGuard } from "../process_guard.ts";
import { FfmpegProcess } from "./ffmpeg_process.ts";

/** A header is there at once; who has none by then keeps us waiting for nothing. */
const patienceMs = 10_000;

/** What is looked at, and by whom. */
export interface MirrorProbe {
  /** ffmpeg's arguments up to the input. */
  readonly input: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly guard: ChildGuard;
  readonly signal: AbortSignal;
}

/**
 * ffmpeg calls a picture that is turned over sideways turned by half, and one that is turned over
 * upside down not turned at all; what it means stands in a header that it copies. Null when that
 * cannot be had.
 */
export async function probeMirror(probe: MirrorProbe): Promise<Turn | null> {
  const { input, signal, ...rest } = probe;
  await using ffmpeg = new FfmpegProcess({
    ...rest,
    args: [
      ...["-nostdin", "-hide_banner", "-nostats", "-loglevel", "quiet", ...input],
      ...["-map", "0:V:0", "-c", "copy", "-frames:v", "1", "-movflags", "empty_moov"],
      ...["-f", "mov", "pipe:1"],
    ],
    listener: { onLine: () => {} },
  });
  const stop = () => void ffmpeg.stop();
  const timer = setTimeout(stop, patienceMs);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  try {
    // Of all that it writes the header comes first.
    for await (const bytes of ffmpeg.stdout) {
      const header = findTrackHeader(bytes);
      if (header !== null) return readMatrix(bytes, header.matrixAt);
    }
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
