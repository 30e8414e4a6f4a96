/**
 * Parser of the lines that ffmpeg writes for every frame, on bytes: there are a dozen of them for
 * each, and as strings they would be a good part of what a frame leaves for the garbage collector.
 * All other lines are those of `ffmpeg_line.ts`.
 */

/** Called for such lines; times in ticks of ffmpeg's clock, null where a packet has none. */
export interface LineListener {
  /** A compressed picture has come from the camera and is about to be decoded. */
  onPacket(pts: number | null): void;
  /** A picture has left the filters; pictures leave the process in the same order. */
  onFrame(pts: number | null): void;
  /** The branch that the frame of the line before belongs to. */
  onBranch(branch: number): void;
}

/** Key of the metadata by which a frame's branch is known. */
export const branchKey = "sightline_branch";

/** Where packets and frames come from and go to in ffmpeg; most such steps are of no interest. */
const places = [
  ...["demuxer", "demuxer+tsfixup", "decoder", "filter_raw", "filter", "encoder", "muxer"],
];

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const frameWord = encoder.encode("frame:");
const branchWord = encoder.encode(`${branchKey}=`);
/** A packet is about to be decoded. */
const demuxedWord = encoder.encode("demuxer+ffmpeg -> ");
const steps = places.flatMap((place) => [`${place} -> `, `${place} <- `]);
const stepWords = steps.map((step) => encoder.encode(`] ${step}`));
const videoWord = encoder.encode("type:video ");
const packetPtsWord = encoder.encode("pkt_pts:");
const ptsWord = encoder.encode("pts:");
const noPtsWord = encoder.encode("NOPTS ");

/** Numbers of more digits are left to `Number()`, which rounds them as it does everywhere. */
const exactDigits = 15;

const space = 32;
const minus = 45;
const zero = 48;
const nine = 57;
const closing = 93;

/**
 * Parses the line at `bytes[start..end)` and calls the listener; false when it is no line of a
 * frame. Where ffmpeg has threads of its own, the beginning of another message may stand before it.
 */
export function parseFfmpegBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  listener: LineListener,
): boolean {
  for (let at = start; at < end; at++) {
    if (readFrame(bytes, at, end, listener) || readBranch(bytes, at, end, listener)) return true;
    if (startsWith(bytes, at, end, demuxedWord)) return readPacket(bytes, at, end, listener);
    if (bytes[at] !== closing) continue;
    for (const word of stepWords) if (startsWith(bytes, at, end, word)) return true;
  }
  return false;
}

function readFrame(bytes: Uint8Array, at: number, end: number, listener: LineListener): boolean {
  if (!startsWith(bytes, at, end, frameWord)) return false;
  const digits = at + frameWord.length;
  const spaces = skipDigits(bytes, digits, end);
  const word = skipSpaces(bytes, spaces);
  if (digits === spaces || spaces === word || !startsWith(bytes, word, end, ptsWord)) return false;
  const pts = readPts(bytes, word + ptsWord.length, end);
  if (pts !== undefined) listener.onFrame(pts);
  return pts !== undefined;
}

function readBranch(bytes: Uint8Array, at: number, end: number, listener: LineListener): boolean {
  if (!startsWith(bytes, at, end, branchWord)) return false;
  const digits = at + branchWord.length;
  if (digits === end || skipDigits(bytes, digits, end) !== end) return false;
  listener.onBranch(readDigits(bytes, digits, end));
  return true;
}

/** Sound, subtitles and what was cut off are lines of packets too, and of no use. */
function readPacket(bytes: Uint8Array, at: number, end: number, listener: LineListener): true {
  const video = find(bytes, at, end, videoWord);
  for (let at = video; at >= 0 && (at = find(bytes, at, end, packetPtsWord)) >= 0; at++) {
    const pts = readPts(bytes, at + packetPtsWord.length, end);
    if (pts === undefined) continue;
    listener.onPacket(pts);
    break;
  }
  return true;
}

/** A number or null, with a space behind it; undefined when that is not what stands there. */
function readPts(bytes: Uint8Array, at: number, end: number): number | null | undefined {
  if (startsWith(bytes, at, end, noPtsWord)) return null;
  const digits = bytes[at] === minus ? at + 1 : at;
  const after = skipDigits(bytes, digits, end);
  if (after === digits || after === end || bytes[after] !== space) return undefined;
  if (after - digits > exactDigits) return Number(decoder.decode(bytes.subarray(at, after)));
  const value = readDigits(bytes, digits, after);
  return digits === at ? value : -value;
}

function readDigits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + (bytes[at]! - zero);
  return value;
}

function skipDigits(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= zero && bytes[at]! <= nine) at++;
  return at;
}

function skipSpaces(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === space) at++;
  return at;
}

function startsWith(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (end - at < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function find(bytes: Uint8Array, from: number, end: number, word: Uint8Array): number {
  for (let at = from; at < end; at++) {
    if (startsWith(bytes, at, end, word)) return at;
  }
  return -1;
}
