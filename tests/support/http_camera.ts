/** Cameras over HTTP: what they stamp their frames with, and when these come, is the test's to say. */

import { concatBytes } from "../../src/concat_bytes.ts";
import { numberedClip } from "./clips.ts";

/** A running camera. */
export interface HttpCamera extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
}

/** Headers that camera's answers have, and the pieces in which the body comes. */
export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** Answers each request with what `answer` makes for it; null = nothing is found there. */
export function startHttpCamera(
  path: string,
  answer: (request: Request) => HttpAnswer | null,
): HttpCamera {
  let requests = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    requests++;
    const found = answer(request);
    if (found === null) return new Response(null, { status: 404 });
    const { pieces, headers = {}, status = 200 } = found;
    return new Response(ReadableStream.from(pieces), { headers, status });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/${path}`,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * Gives each piece at its time, `everyMs` after the one before it, until the client has gone; the
 * first `stored` ones at once, as those of the time before.
 */
async function* paced<T>(
  everyMs: number,
  count: number,
  piece: (index: number) => T,
  stored = 0,
): AsyncGenerator<T> {
  const startMs = performance.now();
  for (let index = 0; index < count; index++) {
    const leftMs = startMs + (index - stored) * everyMs - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)));
    yield piece(index);
  }
}

const encoder = new TextEncoder();

/** A camera that sends one JPEG after the other, as ESP32-CAM does, without any times. */
export async function startMjpegCamera(everyMs: number, count = Infinity): Promise<HttpCamera> {
  const pictures = await jpegPictures();
  return startHttpCamera("stream", () => ({
    headers: { "content-type": "multipart/x-mixed-replace; boundary=frame" },
    pieces: paced(everyMs, count, (index) => {
      const picture = pictures[index % pictures.length]!;
      const head =
        `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
      return concatBytes([encoder.encode(head), picture, encoder.encode("\r\n")]);
    }),
  }));
}

/** A camera that answers with one numbered JPEG, the next each time, if it is asked by `user:pass`. */
export async function startSnapshotCamera(path = "snapshot"): Promise<HttpCamera> {
  const pictures = await jpegPictures();
  let index = 0;
  const camera = startHttpCamera(path, (request) => {
    if (request.headers.get("authorization") !== `Basic ${btoa("user:pass")}`) {
      return { status: 401, headers: { "www-authenticate": "Basic realm=cam" }, pieces: nothing() };
    }
    const picture = pictures[index++ % pictures.length]!;
    const headers = { "content-type": "image/jpeg", "content-length": String(picture.length) };
    return { headers, pieces: paced(0, 1, () => picture) };
  });
  return {
    url: camera.url.replace("//", "//user:pass@"),
    get requests() {
      return index;
    },
    [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose](),
  };
}

/** A camera with HLS: segments of two seconds, of which three are there at the start. */
export async function startHlsCamera(finite = false): Promise<HttpCamera> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_hls_" });
  const { file } = await numberedClip({ ...clip, frames: 750, keyEvery: 50 });
  const flags = ["-v", "error", "-i", file, "-c", "copy", "-f", "hls", "-hls_time", "2"];
  await new Deno.Command("ffmpeg", {
    args: [...flags, "-hls_list_size", "0", `${folder}/a.m3u8`],
  }).output();
  const startMs = performance.now();
  const camera = startHttpCamera("a.m3u8", (request) => {
    const name = new URL(request.url).pathname.slice(1);
    if (name !== "a.m3u8") {
      const path = `${folder}/${name}`;
      const headers = { "content-length": String(Deno.statSync(path).size) };
      return { headers: { ...headers, "content-type": "video/mp2t" }, pieces: fileOf(path) };
    }
    const whole = finite ? 15 : Math.min(15, 3 + Math.floor((performance.now() - startMs) / 2000));
    const first = finite ? 0 : Math.max(0, whole - 5);
    const list = [
      ...["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2"],
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      ...Array.from({ length: whole - first }, (_, at) => `#EXTINF:2.0,\na${first + at}.ts`),
      ...(finite ? ["#EXT-X-ENDLIST"] : []),
    ];
    const pieces = paced(0, 1, () => encoder.encode(`${list.join("\n")}\n`));
    return { headers: { "content-type": "application/vnd.apple.mpegurl" }, pieces };
  });
  return {
    url: camera.url,
    get requests() {
      return camera.requests;
    },
    [Symbol.asyncDispose]: async () => {
      await camera[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function* fileOf(path: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await Deno.readFile(path);
}

async function* nothing(): AsyncGenerator<Uint8Array<ArrayBuffer>> {}

/** A camera that sends bare H.264, a picture at a time. */
export async function startRawCamera(everyMs: number): Promise<HttpCamera> {
  const { elementary } = await numberedClip(clip);
  const pictures = accessUnits(await Deno.readFile(elementary));
  return startHttpCamera("raw", () => ({
    headers: { "content-type": "video/h264" },
    pieces: paced(everyMs, Infinity, (index) => pictures[index % pictures.length]!),
  }));
}

/**
 * A camera that sends FLV, in which each frame has the time in milliseconds that `stampMs` says. It
 * begins with so many frames that it has in store.
 */
export async function startStampedCamera(
  everyMs: number,
  stampMs: (index: number) => number,
  stored = 0,
): Promise<HttpCamera> {
  const { file } = await numberedClip(clip);
  const flags = ["-v", "error", "-i", file, "-c", "copy", "-f", "flv", "-flvflags", "no_metadata"];
  const { stdout } = await new Deno.Command("ffmpeg", { args: [...flags, "pipe:1"] }).output();
  const tags = flvTags(stdout);
  const [head, ...frames] = tags;
  return startHttpCamera("flv", () => ({
    headers: { "content-type": "video/x-flv" },
    pieces: paced(everyMs, Infinity, (index) => {
      const tag = frames[index % frames.length]!.slice();
      const ms = stampMs(index);
      tag.set([ms >>> 16 & 255, ms >>> 8 & 255, ms & 255, ms >>> 24 & 255], 4);
      return index === 0 ? concatBytes([head!, filler(), tag]) : tag;
    }, stored),
  }));
}

/**
 * A tag of FLV that nothing is read from. Before 2 KB have come ffmpeg looks at none of them, and
 * pictures as small as ours would take seconds for that.
 */
function filler(): Uint8Array<ArrayBuffer> {
  const bytes = 2048;
  const tag = new Uint8Array(11 + bytes + 4);
  tag[0] = 16;
  tag.set([bytes >>> 8, bytes & 255], 2);
  new DataView(tag.buffer).setUint32(11 + bytes, 11 + bytes);
  return tag;
}

const clip = { width: 240, height: 160, fps: 25, frames: 50, keyEvery: 5 };

/** JPEG files of numbered pictures. */
export async function jpegPictures(): Promise<Uint8Array<ArrayBuffer>[]> {
  const { file } = await numberedClip({ ...clip, codec: "mjpeg" });
  const flags = ["-v", "error", "-i", file, "-c", "copy", "-f", "mjpeg", "pipe:1"];
  const { stdout } = await new Deno.Command("ffmpeg", { args: flags }).output();
  return split(stdout, (at) => stdout[at] === 0xff && stdout[at + 1] === 0xd8);
}

/** Pictures of an elementary stream, each from its access unit delimiter on. */
function accessUnits(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const startCode = [0, 0, 0, 1, 9];
  return split(bytes, (at) => startCode.every((byte, offset) => bytes[at + offset] === byte));
}

function split(
  bytes: Uint8Array<ArrayBuffer>,
  begins: (at: number) => boolean,
): Uint8Array<ArrayBuffer>[] {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at++) if (begins(at)) starts.push(at);
  return starts.map((start, index) => bytes.slice(start, starts[index + 1] ?? bytes.length));
}

/** What stands before the first frame, then each frame with the size that follows it. */
function flvTags(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tags: Uint8Array<ArrayBuffer>[] = [];
  let head = bytes.slice(0, 13);
  for (let at = 13; at < bytes.length;) {
    const end = at + 11 + (view.getUint32(at) & 0xffffff) + 4;
    const tag = bytes.slice(at, end);
    // A sequence header, or the end of it, is no frame.
    if (tag[0] === 9 && tag[12] === 1) tags.push(tag);
    else if (tag[0] === 9 && tag[12] === 0) head = concatBytes([head, tag]);
    at = end;
  }
  return [head, ...tags];
}
