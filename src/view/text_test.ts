import assert from "node:assert/strict";
import { RgbaCanvas } from "./canvas.ts";
import { loadTypefaces } from "./text.ts";

const { small, large } = await loadTypefaces();

/** Pixels of a text. */
function drawn(text: string): Uint8Array {
  const size = { width: 400, height: 24 };
  const canvas = new RgbaCanvas({ ...size, data: new Uint8Array(size.width * size.height * 4) });
  large.draw(canvas, 2, 1, text, [255, 255, 255]);
  return canvas.data;
}

Deno.test("Typeface draws Latin, Greek and Cyrillic, and of everything else what is readable", () => {
  for (
    const [text, same] of [
      // Vietnamese, decomposed letters, ligatures, full width, odd spaces, letters within circles.
      ["người đi bộ 0.98", "nguoi đi bo 0.98"],
      ["cafe\u0301", "café"],
      ["ﬁre\u00a0\u2009exit\t2", "fire  exit 2"],
      ["ＢＵＳ①", "BUS1"],
      // What has no glyph and no likeness is one sign, however long it is.
      ["门口 0.98", "… 0.98"],
      ["مدخل رئيسي 2", "… 2"],
      ["worker 👷🏽‍♀️👍 0.98", "worker … 0.98"],
      ["🇩🇪", "…"],
      ["1️⃣ a\u200bb", "1 ab"],
      ["\ud83d", "…"],
    ] as const
  ) {
    assert.ok(drawn(text).every((value, at) => value === drawn(same)[at]), `${text} as ${same}`);
    assert.equal(small.measure(text), small.measure(same), text);
  }
  for (const [text, other] of [["Ελλάδα", "…"], ["Пешеход", "…"], ["straße", "strase"]] as const) {
    assert.ok(drawn(text).some((value, at) => value !== drawn(other)[at]), text);
  }
});
