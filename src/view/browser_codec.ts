/** How browsers call a camera's codec, and key frames in a form that they decode without delay. */

import { concatBytes } from "../concat_bytes.ts";
import type { VideoParameters } from "../frame/camera_packet.ts";
import { unescape, withoutReordering } from "./sps.ts";

/** Those whose name does not depend on the stream: any level will do. */
const names: Readonly<Record<string, string>> = {
  mjpeg: "jpeg",
  vp8: "vp8",
  vp9: "vp09.00.41.08",
  av1: "av01.0.08M.08",
};

/** What WebCodecs calls the codec, `jpeg` for JPEG; null = no browser decodes it. */
export function browserCodec({ codec, extradata }: VideoParameters): string | null {
  if (codec === "h264") {
    const set = unitsOf(extradata).find((unit) => (unit[0]! & 31) === 7);
    return set === undefined || set.length < 4 ? null : `avc1.${set.slice(1, 4).toHex()}`;
  }
  if (codec === "hevc") {
    const set = unitsOf(extradata).find((unit) => (unit[0]! >> 1 & 63) === 33);
    return set === undefined ? null : hevcName(unescape(set));
  }
  return names[codec] ?? null;
}

/** The part of a name by which a browser says what it decodes, such as `avc1`. */
export function codecFamily(name: string): string {
  return name.split(".", 1)[0]!;
}

/** A key frame of H.264 with sequence parameter sets that hold no picture back. */
export function withoutDelay(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const unit of unitsOf(data)) {
    const type = unit[0]! & 31;
    // Pictures follow, and need not be looked at.
    if (type >= 1 && type <= 5) break;
    const set = type === 7 ? withoutReordering(unit) : null;
    if (set === null) continue;
    const at = unit.byteOffset - data.byteOffset;
    parts.push(data.subarray(from, at), set);
    from = at + unit.length;
  }
  return from === 0 ? data : concatBytes([...parts, data.subarray(from)]);
}

/** `hev1.` and what profile, tier and level the sequence parameter set has. */
function hevcName(set: Uint8Array): string | null {
  if (set.length < 15) return null;
  const general = set[3]!;
  const space = ["", "A", "B", "C"][general >> 6];
  const tier = general & 32 ? "H" : "L";
  let compatible = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (set[4 + (bit >> 3)]! >> (7 - (bit & 7)) & 1) compatible += 2 ** bit;
  }
  const constraints = [...set.slice(8, 14)];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    "hev1",
    `${space}${general & 31}`,
    compatible.toString(16),
    `${tier}${set[14]}`,
    ...constraints.map((byte) => byte.toString(16)),
  ].join(".");
}

/** Units with start codes before them (Annex B), without those. */
function unitsOf(data: Uint8Array): Uint8Array[] {
  const beginnings: number[] = [];
  for (let at = 0; at + 2 < data.length; at++) {
    if (data[at + 2]! > 1) at += 2;
    else if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) {
      beginnings.push(at + 3);
      // A picture is long, and the last thing that is looked for.
      const type = (data[at + 3] ?? 0) & 31;
      if (type === 5 || type === 1) break;
      at += 2;
    }
  }
  return beginnings.map((begin, index) => {
    let end = (beginnings[index + 1] ?? data.length + 3) - 3;
    // A start code may have four bytes, of which the first is a zero.
    while (end > begin && data[end - 1] === 0) end--;
    return data.subarray(begin, end);
  }).filter(({ length }) => length > 0);
}
