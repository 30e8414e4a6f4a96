/**
 * Draws `glyphs.png` and `glyphs.json`: `deno run -A src/view/glyphs/make_glyphs.ts`. Needs Chromium
 * and the font DejaVu Sans Bold (free to use, also as pictures of it); run only to change the glyphs.
 */

import { chromium } from "playwright-core";

/** Heights of the font in pixels: for small pictures and for large ones. */
const sizes = [13, 17];
/** Basic Latin, Latin-1, Latin Extended-A, Greek, Cyrillic, punctuation. */
const ranges = [
  [0x20, 0x7e],
  [0xa1, 0xac],
  [0xae, 0x17f],
  [0x384, 0x3ce],
  [0x400, 0x45f],
  [0x2010, 0x2026],
  [0x20ac, 0x20ac],
  [0x2190, 0x2193],
  [0x2212, 0x2212],
  [0x25a1, 0x25a1],
];
const characters = ranges.flatMap(([from = 0, to = 0]) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))
);

const browser = await chromium.launch({
  executablePath: Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--disable-quic"],
});
const page = await browser.newPage();
const { png, sheets } = await page.evaluate(drawGlyphs, { sizes, characters });
await browser.close();

const here = (name: string) => new URL(name, import.meta.url);
// One channel is enough: a quarter of the size.
const toGray = new Deno.Command("ffmpeg", {
  args: ["-v", "error", "-y", "-i", "-", "-pix_fmt", "gray", here("glyphs.png").pathname],
  stdin: "piped",
}).spawn();
const input = toGray.stdin.getWriter();
await input.write(Uint8Array.fromBase64(png.slice(png.indexOf(",") + 1)));
await input.close();
if (!(await toGray.status).success) throw new Error("Cannot write glyphs.png: ffmpeg failed");
await Deno.writeTextFile(
  here("glyphs.json"),
  JSON.stringify({ characters: characters.join(""), sheets }) + "\n",
);

/** Runs in the browser: white glyphs on black, each size in rows of its own. */
function drawGlyphs({ sizes, characters }: { sizes: number[]; characters: string[] }) {
  // deno-lint-ignore no-explicit-any -- the browser's globals are not Deno's
  const { document } = globalThis as any;
  const canvas = document.createElement("canvas");
  canvas.width = 1024;
  canvas.height = 1024;
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.textBaseline = "alphabetic";
  let top = 0;
  const sheets = sizes.map((size) => {
    const height = Math.ceil(size * 1.3);
    const baseline = Math.round(size * 1.0);
    let left = 0;
    const glyphs = characters.map((character) => {
      context.font = `bold ${size}px "DejaVu Sans"`;
      const advance = Math.max(1, Math.round(context.measureText(character).width));
      // A pixel on either side for what leans out of its advance.
      if (left + advance + 2 > canvas.width) {
        left = 0;
        top += height;
      }
      context.fillText(character, left + 1, top + baseline);
      const glyph = [left, top, advance];
      left += advance + 2;
      return glyph;
    });
    top += height;
    return { size, height, glyphs };
  });
  const used = document.createElement("canvas");
  used.width = canvas.width;
  used.height = top;
  used.getContext("2d", { alpha: false }).drawImage(canvas, 0, 0);
  return { png: used.toDataURL("image/png") as string, sheets };
}
