/**
 * Parser of the lines that ffmpeg writes for every frame, on bytes. There are a dozen of them for
 * each, and as strings they would be a good part of what a frame leaves for the garbage collector.
 */

import { branchKey, demuxedStep, places } from "./ffmpeg_line.ts";

/** Called for such lines; times in ticks of ffmpeg's clock, null where a packet has none. */
export interface FrameListener {
  onPacket(pts: number | null): void;
  onFrame(pts: number | null): void;
  onBranch(branch: number): void;
}

const encoder = new TextEncoder();
const frameWord = encoder.encode("frame:");
const branchWord = encoder.encode(`${branchKey}=`);
const demuxedWord = encoder.encode(demuxedStep);
const stepWords = places.flatMap((place) => {
  return ["->", "<-"].map((arrow) => encoder.encode(`${place} ${arrow} `));
});
const videoWord = encoder.encode("type:video ");
const packetPtsWord = encoder.encode("pkt_pts:");
const ptsWord = encoder.encode("pts:");
const noPtsWord = encoder.encode("NOPTS ");

/** Numbers of more digits are rounded, and not always as `Number()` does. */
const exactDigits = 15;

const space = 32;
const minus = 45;
const zero = 48;
const nine = 57;
const opening = 91;
const closing = 93;

/**
 * Parses the line at `bytes[start..end)` and calls the listener. False when it is another line, or
 * looks unusual: then `parseFfmpegLine` has to parse it.
 */
export function parseFfmpegBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  listener: FrameListener,
): boolean {
  const at = afterBrackets(bytes, start, end);
  if (startsWith(bytes, at, end, frameWord)) {
    const digits = at + frameWord.length;
    const spaces = skipDigits(bytes, digits, end);
    const word = skipSpaces(bytes, spaces, end);
    if (digits === spaces || spaces === word || !startsWith(bytes, word, end, ptsWord)) {
      return false;
    }
    const pts = readPts(bytes, word + ptsWord.length, end);
    if (pts !== undefined) listener.onFrame(pts);
    return pts !== undefined;
  }
  if (startsWith(bytes, at, end, branchWord)) {
    const digits = at + branchWord.length;
    if (digits === end || skipDigits(bytes, digits, end) !== end) return false;
    listener.onBranch(readDigits(bytes, digits, end));
    return true;
  }
  if (at === start) return false;
  if (startsWith(bytes, at, end, demuxedWord)) {
    const video = find(bytes, at, end, videoWord);
    // Sound, or a subtitle.
    if (video < 0) return true;
    const found = find(bytes, video, end, packetPtsWord);
    const pts = found < 0 ? undefined : readPts(bytes, found + packetPtsWord.length, end);
    if (pts !== undefined) listener.onPacket(pts);
    return pts !== undefined;
  }
  for (const word of stepWords) if (startsWith(bytes, at, end, word)) return true;
  return false;
}

/** What stands behind `[h264 @ 0x5] [info] `. */
function afterBrackets(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (bytes[at] === opening) {
    const close = bytes.indexOf(closing, at);
    if (close < 0 || close + 1 >= end || bytes[close + 1] !== space) break;
    // Else it is the beginning of something that was cut off by another line.
    for (let inner = at + 1; inner < close; inner++) if (bytes[inner] === opening) return start;
    at = close + 2;
  }
  return at;
}

/** A number or null, with a space behind it; undefined when that is not what stands there. */
function readPts(bytes: Uint8Array, at: number, end: number): number | null | undefined {
  if (startsWith(bytes, at, end, noPtsWord)) return null;
  const digits = bytes[at] === minus ? at + 1 : at;
  const after = skipDigits(bytes, digits, end);
  if (after === digits || after === end || bytes[after] !== space) return undefined;
  if (after - digits > exactDigits) return undefined;
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

function skipSpaces(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] === space) at++;
  return at;
}

function startsWith(bytes: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  if (end - at < word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function find(bytes: Uint8Array, from: number, end: number, word: Uint8Array): number {
  for (let at = from; at + word.length <= end; at++) {
    if (startsWith(bytes, at, end, word)) return at;
  }
  return -1;
}
