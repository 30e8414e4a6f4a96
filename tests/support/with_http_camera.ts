/** A camera over HTTP, or HTTPS. */

import { type ClipOptions, numberedClip } from "./clips.ts";

/** Settings of the camera. */
export interface HttpCameraOptions {
  readonly clip: ClipOptions;
  /** `user:password`, by Basic. @default {none are asked for} */
  readonly credentials?: string;
  /** PEM files for TLS. @default {plain HTTP} */
  readonly cert?: string;
  readonly key?: string;
}

/** A running camera, which has `/a.ts`, `/a.m3u8`, `/a.mjpeg` and `/moved`, which leads to `/a.ts`, and `/lost`, which leads to a port that is none. */
export interface HttpCamera extends AsyncDisposable {
  readonly port: number;
}

/** Starts one. */
export async function withHttpCamera(options: HttpCameraOptions): Promise<HttpCamera> {
  const folder = await Deno.makeTempDir({ prefix: "sightline_http_" });
  const { file } = await numberedClip(options.clip);
  const pictures = await readPictures(options.clip);
  for (const output of [["-f", "mpegts", "a.ts"], ["-f", "hls", "-hls_time", "1", "a.m3u8"]]) {
    const args = ["-v", "error", "-i", file, "-c", "copy", ...output];
    await new Deno.Command("ffmpeg", { args, cwd: folder }).output();
  }
  const wanted = options.credentials === undefined ? null : `Basic ${btoa(options.credentials)}`;
  const tls = options.cert === undefined ? {} : {
    cert: await Deno.readTextFile(options.cert),
    key: await Deno.readTextFile(options.key!),
  };
  const listen = { hostname: "127.0.0.1", port: 0, onListen() {}, ...tls };
  const server = Deno.serve(listen, async (request) => {
    const { pathname } = new URL(request.url);
    if (wanted !== null && request.headers.get("authorization") !== wanted) {
      const headers = { "www-authenticate": 'Basic realm="camera"' };
      return new Response(null, { status: 401, headers });
    }
    if (pathname === "/moved") {
      // A whole address would cost the credentials: ffmpeg gives them to nobody else.
      const scheme = options.cert === undefined ? "http" : "https";
      const location = wanted === null
        ? `${scheme}://${request.headers.get("host")}/a.ts`
        : "/a.ts";
      return new Response(null, { status: 302, headers: { location } });
    }
    if (pathname === "/lost") {
      return new Response(null, { status: 302, headers: { location: "https://127.0.0.1:1live/" } });
    }
    if (pathname === "/whole.m3u8") {
      // All addresses in it are whole.
      const lists = await Deno.readTextFile(`${folder}/a.m3u8`);
      const base = `${options.cert === undefined ? "http" : "https"}://${
        request.headers.get("host")
      }`;
      const headers = { "content-type": "application/vnd.apple.mpegurl" };
      return new Response(lists.replaceAll(/^(a\d+\.ts)$/gm, `${base}/$1`), { headers });
    }
    if (pathname === "/a.mjpeg") return sendPictures(pictures, 1000 / options.clip.fps);
    try {
      return new Response(await Deno.readFile(folder + pathname));
    } catch {
      return new Response(null, { status: 404 });
    }
  });
  return {
    port: server.addr.port,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function readPictures(clip: ClipOptions): Promise<Uint8Array[]> {
  const bytes = await Deno.readFile((await numberedClip({ ...clip, codec: "mjpeg" })).elementary);
  const starts: number[] = [];
  for (let at = 0; at + 2 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff) starts.push(at);
  }
  return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
}

function sendPictures(pictures: readonly Uint8Array[], everyMs: number): Response {
  let next = 0;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      const picture = pictures[next++ % pictures.length]!;
      const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`;
      const part = new Uint8Array(head.length + picture.length + 2);
      part.set(new TextEncoder().encode(head));
      part.set(picture, head.length);
      part.set([13, 10], head.length + picture.length);
      controller.enqueue(part);
    },
  });
  const headers = { "content-type": "multipart/x-mixed-replace; boundary=b" };
  return new Response(body, { headers });
}
