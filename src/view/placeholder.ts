/** The JPEG that viewers get while there is no picture. */

import { Image } from "imagescript";
import { RgbaCanvas } from "./canvas.ts";
import type { Color } from "./color.ts";
import { fillRect } from "./paint.ts";
import { loadTypefaces } from "./text.ts";

const ground: Color = [23, 28, 36];
const bright: Color = [226, 232, 240];
const dim: Color = [128, 142, 160];

/**
 * A JPEG with a title and a sentence. Encoded here and not by ffmpeg: it has to appear even when
 * ffmpeg is what is missing.
 */
export async function placeholderJpeg(title: string, sentence: string): Promise<Uint8Array> {
  const { small, large } = await loadTypefaces();
  const image = new Image(640, 360);
  const { width, height, bitmap } = image;
  const data = new Uint8Array(bitmap.buffer, bitmap.byteOffset, bitmap.length);
  const picture = new RgbaCanvas({ width, height, data });
  fillRect(picture, 0, 0, picture.width, picture.height, ground);
  // Opaque: fillRect leaves the fourth byte alone.
  for (let at = 3; at < picture.data.length; at += 4) picture.data[at] = 255;
  const lines = wrap(sentence, 58).slice(0, 5);
  let top = (picture.height - large.height - 12 - lines.length * (small.height + 4)) / 2;
  large.draw(picture, (picture.width - large.measure(title)) / 2, top, title, bright);
  top += large.height + 12;
  for (const line of lines) {
    small.draw(picture, (picture.width - small.measure(line)) / 2, top, line, dim);
    top += small.height + 4;
  }
  return await image.encodeJPEG(85);
}

/** Lines of so many characters at most, broken between words where that can be. */
function wrap(text: string, length: number): string[] {
  return text.match(new RegExp(`.{1,${length}}(?:\\s|$)|\\S{${length}}`, "g")) ?? [];
}
