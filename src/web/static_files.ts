/** The static files of the page: a fixed table, so that no request can name any other file. */

import { readAsset } from "../assets.ts";

const script = "text/javascript; charset=utf-8";

/** By path: the file beneath `static/`, and its type. */
const table: Readonly<Record<string, readonly [file: string, contentType: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/static/app.js": ["app.js", script],
  "/static/style.css": ["style.css", "text/css; charset=utf-8"],
  "/static/icon.svg": ["icon.svg", "image/svg+xml"],
  "/static/live/sightline_stream.js": ["live/sightline_stream.js", script],
  "/static/live/worker.js": ["live/worker.js", script],
  "/static/live/connection.js": ["live/connection.js", script],
  "/static/live/player.js": ["live/player.js", script],
  "/static/live/picture_view.js": ["live/picture_view.js", script],
  "/static/live/record_book.js": ["live/record_book.js", script],
  "/static/live/draw_records.js": ["live/draw_records.js", script],
  "/static/live/wire.js": ["live/wire.js", script],
};

/** A file of the page, in memory. */
export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Changes when the file does. */
  readonly etag: string;
}

/** Reads them all, once. */
export function loadStaticFiles(): Promise<StaticFile[]> {
  return Promise.all(
    Object.entries(table).map(async ([path, [name, contentType]]) => {
      const bytes = await readAsset(`src/web/static/${name}`);
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return { path, contentType, bytes, etag: `"${hash.slice(0, 12).toHex()}"` };
    }),
  );
}
