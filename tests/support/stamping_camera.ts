/** An RTSP camera that stamps its pictures as a test likes. */

import type { Clip } from "./clips.ts";
import { describe, type Listening, scriptedCamera } from "./scripted_camera.ts";

/** Ticks of RTP's clock in a second. */
const ticksPerS = 90_000;
const medium = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";

/** A running camera. */
export interface StampingCamera extends Listening {
  readonly url: string;
  /** Resolves when all pictures are sent; then it says nothing more. */
  readonly sent: Promise<void>;
}

/** Sends each picture of an H.264 clip once, at 25 a second; `stampS` is its time in seconds. */
export function stampingCamera(clip: Clip, stampS: (number: number) => number): StampingCamera {
  const sent = Promise.withResolvers<void>();
  const camera = scriptedCamera(async ({ writer, over }, { method, answer }) => {
    if (method === "DESCRIBE") return await answer(...describe(medium));
    if (method !== "PLAY") return;
    await answer({ Session: "1" });
    const beginMs = performance.now();
    let sequence = 0;
    for (const [number, units] of unitsOf(await Deno.readFile(clip.elementary)).entries()) {
      const waitMs = beginMs + number * 40 - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
      for (const [at, unit] of units.entries()) {
        const isLast = at === units.length - 1;
        await writer.write(interleaved(unit, sequence++, stampS(number) * ticksPerS, isLast));
      }
    }
    sent.resolve();
    await over;
  });
  const { port } = camera;
  return {
    port,
    url: `rtsp://127.0.0.1:${port}/live`,
    sent: sent.promise,
    [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose](),
  };
}

/** One RTP packet, in RTSP's own connection. */
function interleaved(unit: Uint8Array, sequence: number, ticks: number, isLast: boolean) {
  const packet = new Uint8Array(16 + unit.length);
  const view = new DataView(packet.buffer);
  packet.set([0x24, 0]);
  view.setUint16(2, 12 + unit.length);
  packet.set([0x80, isLast ? 0xe0 : 0x60], 4);
  view.setUint16(6, sequence % 2 ** 16);
  view.setUint32(8, ((Math.round(ticks) % 2 ** 32) + 2 ** 32) % 2 ** 32);
  view.setUint32(12, 1);
  packet.set(unit, 16);
  return packet;
}

/** NAL units of each picture, which a delimiter begins. */
function unitsOf(stream: Uint8Array): Uint8Array[][] {
  const begins: number[] = [];
  for (let at = 0; at + 2 < stream.length; at++) {
    if (stream[at] === 0 && stream[at + 1] === 0 && stream[at + 2] === 1) begins.push(at + 3);
  }
  const pictures: Uint8Array[][] = [];
  for (const [index, begin] of begins.entries()) {
    // A zero before the next start code belongs to that, or is none that matters.
    const unit = stream.subarray(begin, (begins[index + 1] ?? stream.length + 3) - 3);
    if ((unit[0]! & 31) === 9) pictures.push([]);
    else pictures.at(-1)!.push(unit);
  }
  return pictures;
}
