/** The static files of the page: a fixed table, so that no request can name any other file. */

import { readAsset } from "../assets.ts";

const table = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/static/app.js": ["app.js", "text/javascript; charset=utf-8"],
  "/static/style.css": ["style.css", "text/css; charset=utf-8"],
  "/static/icon.svg": ["icon.svg", "image/svg+xml"],
} as const;

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
