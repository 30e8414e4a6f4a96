/** Has players show a clip as a person sees the camera's pictures: turned, and with square pixels. */

import type { Display } from "../frame/camera_packet.ts";
import { findTrackHeader, writeMatrix } from "../frame/track_matrix.ts";

/** What stands before the pictures of a clip that begins fast, and more. */
const headBytes = 2 ** 20;

/** Writes into an MP4 file what a transport stream does not carry. */
export async function showClip(path: string, display: Display): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const buffer = new Uint8Array(headBytes);
  const head = buffer.subarray(0, await file.read(buffer) ?? 0);
  const found = findTrackHeader(head);
  if (found === null) return;
  writeMatrix(head, found.matrixAt, display);
  if (display.pixelRatio !== null) setPixelRatio(head, found.widthAt, display.pixelRatio);
  await file.seek(0, Deno.SeekMode.Start);
  for (let at = 0; at < head.length;) at += await file.write(head.subarray(at));
}

/** The width that is shown, and the ratio that some players read in its place. */
function setPixelRatio(head: Uint8Array, widthAt: number, pixelRatio: string): void {
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const [across = 1, up = 1] = pixelRatio.split(":").map(Number);
  const ratioAt = new TextDecoder("latin1").decode(head).indexOf("pasp") + 4;
  let width = view.getUint32(widthAt);
  if (ratioAt >= 4) {
    width *= view.getUint32(ratioAt + 4) / view.getUint32(ratioAt);
    view.setUint32(ratioAt, across);
    view.setUint32(ratioAt + 4, up);
  }
  view.setUint32(widthAt, Math.round(width * across / up));
}
