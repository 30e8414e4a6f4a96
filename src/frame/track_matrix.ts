/** How a track of an MP4 or QuickTime file is turned: the matrix in its header. */

import type { Display } from "./camera_packet.ts";

/** What a matrix says. */
export type Turn = Pick<Display, "turn" | "flipped">;

/** Where in a file the header of its first track has its matrix, and its width; null = not there. */
export function findTrackHeader(
  bytes: Uint8Array,
): { readonly matrixAt: number; readonly widthAt: number } | null {
  const at = new TextDecoder("latin1").decode(bytes).indexOf("tkhd");
  if (at < 0) return null;
  // The second version of it counts times in eight bytes each.
  const matrixAt = at + (bytes[at + 4] === 1 ? 56 : 44);
  const widthAt = matrixAt + 36;
  return widthAt + 8 <= bytes.length ? { matrixAt, widthAt } : null;
}

const one = 2 ** 16;

/** Reads a matrix: turned clockwise first, then turned over from left to right. */
export function readMatrix(bytes: Uint8Array, at: number): Turn {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const [a, b, c, d] = [0, 4, 12, 16].map((offset) => view.getInt32(offset) / one) as [
    ...[number, number, number, number],
  ];
  const flipped = a * d - b * c < 0;
  const degrees = Math.round(Math.atan2(b, flipped ? -a : a) * 180 / Math.PI);
  return { turn: (degrees + 360) % 360, flipped };
}

/** Writes one. */
export function writeMatrix(bytes: Uint8Array, at: number, { turn, flipped }: Turn): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const [cos, sin] = [Math.cos(turn * Math.PI / 180), Math.sin(turn * Math.PI / 180)];
  const across = flipped ? -1 : 1;
  const matrix = [across * cos, sin, 0, across * -sin, cos, 0, 0, 0, 2 ** 14];
  for (const [index, value] of matrix.entries()) {
    view.setInt32(index * 4, Math.round(value * one));
  }
}
