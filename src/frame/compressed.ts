/** The camera's own compressed stream, on its way to the live view and to pictures of events. */

/**
 * A piece of the compressed stream as the camera sent it, in MPEG transport stream form: one video
 * stream, H.264, HEVC, MPEG-2 or MPEG-4. Pieces put end to end, from one that is a `keyframe` on,
 * are what `ffmpeg -f mpegts -i pipe:0` reads. Pieces follow the network, not pictures: a picture
 * may take several, and a reader that misses one must go on from the next `keyframe`.
 *
 * A transport stream cannot carry other codecs (MJPEG, VP9, AV1, raw pictures of a device): of
 * these nothing is written.
 */
export interface CompressedChunk {
  /** Whole transport packets of 188 bytes; not to be written into. */
  readonly data: Uint8Array;
  /** True when decoding can begin with this chunk: it starts with tables, then a key frame. */
  readonly keyframe: boolean;
  /** Time stamps in the transport stream of the pictures that begin in it, in milliseconds. */
  readonly startsMs?: readonly number[];
}

/** What a container says of how pictures are shown, and a transport stream does not carry. */
export interface Display {
  /** Whole degrees, clockwise, that pictures are turned by. */
  readonly turn: number;
  /** They are turned over as well, and would look mirrored without. */
  readonly flipped: boolean;
  /** Width to height of a pixel, such as `8:11`; null = as the stream itself says. */
  readonly pixelRatio: string | null;
}

/** A reader of the compressed stream. It must not wait, nor keep the source waiting. */
export interface CompressedTap {
  /** A new run of the source begins: forget what was kept, another codec or size may follow. */
  begin(): void;
  /** How this run's pictures are to be shown, where the stream alone does not say. */
  show?(display: Display): void;
  write(chunk: CompressedChunk): void;
}

/** One that several take; undefined where there is none. */
export function joinTaps(taps: readonly (CompressedTap | undefined)[]): CompressedTap | undefined {
  const [first, ...others] = taps.filter((tap) => tap !== undefined);
  if (first === undefined || others.length === 0) return first;
  const all = [first, ...others];
  return {
    begin: () => all.forEach((tap) => tap.begin()),
    show: (display) => all.forEach((tap) => tap.show?.(display)),
    write: (chunk) => all.forEach((tap) => tap.write(chunk)),
  };
}

/**
 * What a time stamp in the transport stream is ahead of the frame's `ptsMs`, in milliseconds. It
 * keeps decoding times, which precede the presentation of the first picture, from being negative.
 */
export const transportOffsetMs = 10_000;

/** Time stamps in a transport stream start again after 33 bits of a 90 kHz clock (26.5 hours). */
const transportPeriodMs = 2 ** 33 / 90;

/**
 * The `ptsMs` of a picture from its time stamp in the transport stream (as ffmpeg shows it with
 * `-copyts`). `nearMs` is any `ptsMs` within half a day of it: that of the newest frame will do.
 */
export function ptsFromTransport(transportMs: number, nearMs: number): number {
  const ptsMs = transportMs - transportOffsetMs;
  return ptsMs + Math.round((nearMs - ptsMs) / transportPeriodMs) * transportPeriodMs;
}

/** The inverse: the time stamp in the transport stream of a picture with this `ptsMs`. */
export function transportFromPts(ptsMs: number): number {
  const transportMs = (ptsMs + transportOffsetMs) % transportPeriodMs;
  return transportMs < 0 ? transportMs + transportPeriodMs : transportMs;
}
