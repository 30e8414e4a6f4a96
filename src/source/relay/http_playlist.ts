/** Rewrites HLS playlists on their way to ffmpeg, so that it asks the proxy for each address. */

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";

/** More than a playlist is. */
const mostBytes = 4 * 1024 * 1024;

/** Whether an answer is a playlist, by its head. */
export function isPlaylist(head: string): boolean {
  return /^HTTP\/1\.\d 200 /.test(head) && /^Content-Type: *\S*mpegurl/im.test(head);
}

/**
 * Reads a playlist to its end, of which `begun` has come already, and gives the whole answer with
 * each `https://` address changed by `change`.
 */
export function readPlaylist(
  socket: Socket,
  head: string,
  begun: Uint8Array,
  change: (url: string) => string,
  onAnswer: (answer: string) => void,
): void {
  const length = Number(/^Content-Length: *(\d+)/im.exec(head)?.[1] ?? NaN);
  const chunked = /^Transfer-Encoding: *chunked/im.test(head);
  let body = Buffer.from(begun);
  const isWhole = () =>
    chunked ? /(^|\r\n)0\r\n\r\n$/.test(body.toString("latin1")) : body.length >= length;
  const finish = () => {
    socket.off("data", take);
    socket.off("end", finish);
    const text = (chunked ? joinChunks(body) : body).toString("utf8")
      .replace(/https:\/\/[^\s"',]+/g, change);
    const kept = head.split("\r\n").slice(0, -2)
      .filter((line) => !/^(Content-Length|Transfer-Encoding|Connection):/i.test(line));
    const lines = [...kept, `Content-Length: ${Buffer.byteLength(text)}`, "Connection: close"];
    onAnswer(`${lines.join("\r\n")}\r\n\r\n${text}`);
  };
  const take = (piece: Uint8Array) => {
    body = Buffer.concat([body, piece]);
    if (body.length > mostBytes) socket.destroy();
    else if (isWhole()) finish();
  };
  if (isWhole()) return finish();
  socket.on("end", finish);
  socket.on("data", take);
  socket.resume();
}

function joinChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0;;) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = parseInt(body.subarray(at, lineEnd).toString("latin1"), 16);
    if (lineEnd < 0 || !(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
