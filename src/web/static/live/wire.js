// @ts-check
/**
 * What a page and Sightline send each other over the WebSocket `/live`. Both sides read and write
 * it with this file. docs/live.md tells when each message is sent.
 *
 * A binary message from Sightline is a header of 32 bytes, big-endian, and a payload:
 *
 * | byte | type    | what                                                                  |
 * | ---- | ------- | --------------------------------------------------------------------- |
 * | 0    | uint8   | version, 1                                                            |
 * | 1    | uint8   | kind: 1 description, 2 picture, 3 record                              |
 * | 2    | uint8   | flags of a picture: 1 key frame, 2 a newer one follows at once        |
 * | 3    | uint8   | 0                                                                     |
 * | 4    | uint16  | channel: the number that the page gave to the stream                  |
 * | 6    | uint16  | 0                                                                     |
 * | 8    | uint32  | sequence: counts the messages of a channel, from 1, without gaps      |
 * | 12   | float64 | pts: time stamp of the picture on the camera's clock, in whole µs     |
 * | 20   | float64 | capture time: when its packet came, in whole µs since 1970            |
 * | 28   | uint32  | bytes of the payload                                                  |
 *
 * The payload of a description and of a record is JSON, that of a picture one access unit as the
 * description says (H.264 in Annex B form, or one JPEG file). A record belongs to the picture with
 * the same pts.
 *
 * A binary message from the page is an acknowledgement of 8 bytes: version, kind 16, channel as
 * uint16, and as uint32 the sequence up to which everything was taken in. All else is JSON in text
 * messages of 4096 characters at most.
 */

export const version = 1;
export const headerBytes = 32;
export const ackBytes = 8;
export const ackKind = 16;
/** Characters of a text message from a page. */
export const longestText = 4096;
/** Streams that one page can watch at a time. */
export const mostChannels = 64;
/** Closes the socket of a page whose key is wrong, or whose session is over: as HTTP's 401. */
export const refusedCode = 4401;

/** @typedef {"description" | "picture" | "record"} MessageKind */

/**
 * @typedef {object} Message
 * @property {MessageKind} kind
 * @property {number} channel
 * @property {number} sequence
 * @property {boolean} isKey Decoding can begin with it.
 * @property {boolean} isFollowed A newer picture follows at once: this one is only decoded.
 * @property {number} ptsUs
 * @property {number} capturedAtUs
 * @property {Uint8Array<ArrayBufferLike>} payload
 */

/** @typedef {{ channel: number, sequence: number }} Acknowledgement */

/** @type {readonly MessageKind[]} */
const kinds = ["description", "picture", "record"];

/**
 * @param {Message} message
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeMessage(message) {
  const { kind, channel, sequence, isKey, isFollowed, ptsUs, capturedAtUs, payload } = message;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, kinds.indexOf(kind) + 1);
  view.setUint8(2, (isKey ? 1 : 0) | (isFollowed ? 2 : 0));
  view.setUint16(4, channel);
  view.setUint32(8, sequence);
  view.setFloat64(12, ptsUs);
  view.setFloat64(20, capturedAtUs);
  view.setUint32(28, payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {Message}
 * @throws {SyntaxError} for anything that {@link encodeMessage} does not write
 */
export function decodeMessage(buffer) {
  if (buffer.byteLength < headerBytes) throw wrong("length", buffer.byteLength);
  const view = new DataView(buffer);
  if (view.getUint8(0) !== version) throw wrong("version", view.getUint8(0));
  const kind = kinds[view.getUint8(1) - 1];
  if (kind === undefined) throw wrong("kind", view.getUint8(1));
  const flags = view.getUint8(2);
  if (flags > (kind === "picture" ? 3 : 0)) throw wrong("flags", flags);
  if (view.getUint8(3) !== 0 || view.getUint16(6) !== 0) throw wrong("reserved byte", 1);
  const sequence = view.getUint32(8);
  if (sequence === 0) throw wrong("sequence", sequence);
  const ptsUs = view.getFloat64(12);
  const capturedAtUs = view.getFloat64(20);
  if (!Number.isSafeInteger(ptsUs)) throw wrong("pts", ptsUs);
  if (!Number.isSafeInteger(capturedAtUs)) throw wrong("capture time", capturedAtUs);
  const length = view.getUint32(28);
  if (headerBytes + length !== buffer.byteLength) throw wrong("payload length", length);
  return {
    kind,
    channel: view.getUint16(4),
    sequence,
    isKey: (flags & 1) !== 0,
    isFollowed: (flags & 2) !== 0,
    ptsUs,
    capturedAtUs,
    payload: new Uint8Array(buffer, headerBytes),
  };
}

/**
 * @param {Acknowledgement} acknowledgement
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeAck({ channel, sequence }) {
  const bytes = new Uint8Array(ackBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, ackKind);
  view.setUint16(2, channel);
  view.setUint32(4, sequence);
  return bytes;
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {Acknowledgement}
 * @throws {SyntaxError} for anything that {@link encodeAck} does not write
 */
export function decodeAck(buffer) {
  if (buffer.byteLength !== ackBytes) throw wrong("length", buffer.byteLength);
  const view = new DataView(buffer);
  if (view.getUint8(0) !== version) throw wrong("version", view.getUint8(0));
  if (view.getUint8(1) !== ackKind) throw wrong("kind", view.getUint8(1));
  return { channel: view.getUint16(2), sequence: view.getUint32(4) };
}

/**
 * @param {string} what
 * @param {number} value
 */
function wrong(what, value) {
  return new SyntaxError(`Cannot read a message of the live view: ${what} ${value}`);
}
