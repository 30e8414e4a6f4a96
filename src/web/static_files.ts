/** The static files of the pages: a fixed table, so that no request can name any other file. */

import htm from "htm" with { type: "text" };
import preact from "preact" with { type: "text" };
import hooks from "preact/hooks" with { type: "text" };
import plot from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import plotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import { readAsset, readAssetText } from "../assets.ts";

/** The pages' own modules, beneath `static/app/`. */
const modules = [
  "api.js",
  "base.js",
  "colors.js",
  "controls.js",
  "dom.js",
  "events/clip_player.js",
  "events/day_bar.js",
  "events/event_card.js",
  "events/event_page.js",
  "events/event_words.js",
  "events/events_list.js",
  "events/events_page.js",
  "events/filters.js",
  "events/seen.js",
  "format.js",
  "happening_words.js",
  "health/chart.js",
  "health/health_page.js",
  "health/tables.js",
  "icons.js",
  "kept.js",
  "live/arrange_dialog.js",
  "live/arrangement.js",
  "live/layers.js",
  "live/live_page.js",
  "live/picture.js",
  "live/signs.js",
  "live/stage.js",
  "live/wall.js",
  "main.js",
  "router.js",
  "texts.js",
  "texts/de.js",
  "texts/en.js",
  "zones/drawing.js",
  "zones/scene_text.js",
  "zones/shape_list.js",
  "zones/shapes.js",
  "zones/use_scene.js",
  "zones/zones_page.js",
] as const;

/** Those of `<sightline-stream>`, which other pages load as well, and what stands beside them. */
const others = [
  "events.css",
  "health.css",
  "icon.svg",
  "live/clock.js",
  "live/connection.js",
  "live/draw_records.js",
  "live/picture_view.js",
  "live/player.js",
  "live/record_book.js",
  "live/safe_text.js",
  "live/sightline_stream.js",
  "live/time_format.js",
  "live/wire.js",
  "live/worker.js",
  "live.css",
  "style.css",
  "zones.css",
] as const;

/** Modules of others, handed on as they are. */
const libraries: Readonly<Record<string, string>> = {
  "preact.js": withoutMap(preact),
  "hooks.js": withAddresses(withoutMap(hooks), "./"),
  "htm.js": htm,
  // Its own module is not minified, and three times as large.
  "uplot.js": `${plot}\nexport default uPlot;\n`,
  "uplot.css": plotStyle,
};

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const encoder = new TextEncoder();

/** A file of the pages, in memory. */
export interface StaticFile {
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
  /** Changes when the file does. */
  readonly etag: string;
}

/** Reads them all, once. */
export function loadStaticFiles(): Promise<StaticFile[]> {
  const own = [...modules.map((name) => `app/${name}`), ...others].map(async (name) =>
    name === "app/dom.js"
      ? await makeFile(
        `/static/${name}`,
        encoder.encode(withAddresses(await readAssetText(`src/web/static/${name}`), "../lib/")),
      )
      : await makeFile(`/static/${name}`, await readAsset(`src/web/static/${name}`))
  );
  const foreign = Object.entries(libraries).map(([name, text]) =>
    makeFile(`/static/lib/${name}`, encoder.encode(text))
  );
  return Promise.all([...own, ...foreign]);
}

/**
 * Reads the one page, whose script reads the address; what is returned writes it for the path that lies
 * before ours, such as `/`.
 */
export async function loadPage(): Promise<(base: string) => string> {
  const page = await readAssetText("src/web/static/index.html");
  // All are asked for at once, rather than one after the other as each names the next.
  const scripts = [
    ...modules.map((name) => `static/app/${name}`),
    ...["safe_text.js", "sightline_stream.js"].map((name) => `static/live/${name}`),
    ...["preact.js", "hooks.js", "htm.js"].map((name) => `static/lib/${name}`),
  ].map((path) => `    <link rel="modulepreload" href="{{base}}${path}">\n`).join("");
  const whole = page.replace("  </head>", () => `${scripts}  </head>`);
  // The formatter sets spaces within some of them.
  return (base) => whole.replaceAll(/\{\{ ?base ?\}\}/g, () => escape(base));
}

async function makeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<StaticFile> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return {
    path,
    contentType: types[path.slice(path.lastIndexOf(".") + 1)]!,
    bytes,
    gzip: await new Response(packed).bytes(),
    etag: `"${hash.slice(0, 12).toHex()}"`,
  };
}

function escape(text: string): string {
  return text.replace(/["&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/**
 * A browser finds no package by its name, and an import map would have to stand in the page, where our
 * policy lets no script be.
 */
function withAddresses(text: string, folder: string): string {
  return text.replace(/(from\s*)"(?:preact\/)?(preact|hooks|htm)"/g, `$1"${folder}$2.js"`);
}

/** Its map is not served. */
function withoutMap(text: string): string {
  return text.replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n");
}
