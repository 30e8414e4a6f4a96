/** Text in pictures, from glyphs rendered beforehand. */

import { Image } from "imagescript";
import { readAsset, readAssetText } from "../assets.ts";
import type { Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";

/** One size of the font. */
interface Sheet {
  /** Height of the font in pixels. */
  readonly size: number;
  /** Height of a line in pixels. */
  readonly height: number;
  /** Where each glyph stands, a pixel of room on either side, and how far it moves the pen. */
  readonly glyphs: readonly (readonly [left: number, top: number, advance: number])[];
}

/** As `glyphs/make_glyphs.ts` writes it. */
interface GlyphFile {
  /** In the order of the glyphs. */
  readonly characters: string;
  readonly sheets: readonly Sheet[];
}

/** A longer caption is cut: it would only cover the picture. */
const longestText = 80;

/** Stands for what there is no glyph for, once for all that follow each other. */
const leftOut = "…";
const leftOutTogether = /…(?: *…)+/g;

/** The font in one size. */
export class Typeface {
  readonly #sheet: Sheet;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #mask: Uint8Array;
  readonly #maskWidth: number;

  constructor(sheet: Sheet, indices: ReadonlyMap<string, number>, mask: Uint8Array, width: number) {
    this.#sheet = sheet;
    this.#indices = indices;
    this.#mask = mask;
    this.#maskWidth = width;
  }

  /** Height of a line in pixels. */
  get height(): number {
    return this.#sheet.height;
  }

  /** Width of a text in pixels. */
  measure(text: string): number {
    return this.#glyphs(text).reduce((width, [, , advance]) => width + advance, 0);
  }

  /** Draws one line with its top left corner at a point; what does not fit in is cut off. */
  draw(canvas: Canvas, left: number, top: number, text: string, color: Color): void {
    let x = Math.round(left) - 1;
    const y = Math.round(top);
    for (const glyph of this.#glyphs(text)) {
      this.#drawGlyph(canvas, x, y, glyph, color);
      x += glyph[2];
    }
  }

  #drawGlyph(
    canvas: Canvas,
    x: number,
    y: number,
    [left, top, advance]: Sheet["glyphs"][number],
    color: Color,
  ): void {
    const rows = Math.min(this.#sheet.height, canvas.height - y);
    const columns = Math.min(advance + 2, canvas.width - x);
    for (let row = Math.max(0, -y); row < rows; row++) {
      const from = (top + row) * this.#maskWidth + left;
      for (let column = Math.max(0, -x); column < columns; column++) {
        const coverage = this.#mask[from + column] ?? 0;
        if (coverage > 0) canvas.blend(x + column, y + row, color, coverage / 255);
      }
    }
  }

  #glyphs(text: string): Sheet["glyphs"] {
    const { glyphs } = this.#sheet;
    const drawable = Array.from(
      text.slice(0, longestText).normalize("NFC"),
      (character) => this.#indices.has(character) ? character : this.#plain(character),
    ).join("").replaceAll(leftOutTogether, leftOut);
    return Array.from(drawable, (character) => glyphs[this.#indices.get(character)!]!);
  }

  /** Much the same in characters that there are: without marks (`ờ` = `o`), or without all of it. */
  #plain(character: string): string {
    if (/\s/.test(character)) return " ";
    const plain = character.normalize("NFKD").replaceAll(/[\p{M}\p{Cf}]/gu, "");
    return Array.from(plain).every((letter) => this.#indices.has(letter)) ? plain : leftOut;
  }
}

/** The font in all its sizes. */
export interface Typefaces {
  /** For pictures up to 480 pixels high. */
  readonly small: Typeface;
  readonly large: Typeface;
}

let loading: Promise<Typefaces> | null = null;

/**
 * Loads the glyphs once. They are a picture because imagescript's own text rendering relies on
 * `Deno.core`, which programs no longer have; and composing a label from glyphs costs next to
 * nothing, where rendering each new confidence would not.
 */
export function loadTypefaces(): Promise<Typefaces> {
  return loading ??= load();
}

async function load(): Promise<Typefaces> {
  const file: GlyphFile = JSON.parse(await readAssetText("src/view/glyphs/glyphs.json"));
  const image = await Image.decode(await readAsset("src/view/glyphs/glyphs.png")) as Image;
  const mask = new Uint8Array(image.width * image.height);
  for (let at = 0; at < mask.length; at++) mask[at] = image.bitmap[at * 4] ?? 0;
  const indices = new Map(Array.from(file.characters, (character, index) => [character, index]));
  const faces = file.sheets.map((sheet) => new Typeface(sheet, indices, mask, image.width));
  return { small: faces[0]!, large: faces[1]! };
}
