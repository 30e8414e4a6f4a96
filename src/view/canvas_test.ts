import assert from "node:assert/strict";
import type { ColorTags } from "../frame/decoded_picture.ts";
import { RgbaCanvas, YuvCanvas } from "./canvas.ts";
import { colorOfLabel } from "./color.ts";
import { drawAnalysis } from "./draw_analysis.ts";
import { loadTypefaces } from "./text.ts";

const typefaces = await loadTypefaces();
const size = { width: 320, height: 180 };
const pixels = size.width * size.height;
const unknown: ColorTags = {
  range: "unknown",
  space: "unknown",
  primaries: "unknown",
  transfer: "unknown",
};

/** Grey of this luma. */
function yuv(tags: Partial<ColorTags>, luma: number) {
  const data = new Uint8Array(pixels * 1.5).fill(128).fill(luma, 0, pixels);
  return { data, canvas: new YuvCanvas({ ...size, data }, { ...unknown, ...tags }) };
}

/** The standards' own equations, in 0…255. */
function toRgb(data: Uint8Array, x: number, y: number, isFull: boolean, kr: number, kb: number) {
  const at = Math.floor(y / 2) * size.width / 2 + Math.floor(x / 2);
  const [luma, u, v] = [data[y * size.width + x]!, data[pixels + at]!, data[pixels * 1.25 + at]!];
  const bright = isFull ? luma : (luma - 16) * 255 / 219;
  const [blueness, redness] = [u - 128, v - 128].map((chroma) =>
    isFull ? chroma : chroma * 255 / 224
  );
  const red = bright + redness! * 2 * (1 - kr);
  const blue = bright + blueness! * 2 * (1 - kb);
  return [red, (bright - kr * red - kb * blue) / (1 - kr - kb), blue];
}

Deno.test("YuvCanvas has each colour as the camera's own numbers mean it", () => {
  for (
    const [tags, isFull, kr, kb] of [
      [{}, false, 0.299, 0.114],
      [{ range: "tv", space: "smpte170m" }, false, 0.299, 0.114],
      [{ range: "pc", space: "bt470bg" }, true, 0.299, 0.114],
      [{ range: "tv", space: "bt709" }, false, 0.2126, 0.0722],
      [{ range: "pc", space: "bt2020nc" }, true, 0.2627, 0.0593],
    ] as const
  ) {
    const { data, canvas } = yuv(tags, 100);
    for (const label of ["person", "vehicle", "bike"]) {
      const color = colorOfLabel(label);
      canvas.fillRow(10, 0, 20, color, 1);
      const seen = toRgb(data, 10, 10, isFull, kr, kb);
      color.forEach((value, index) => {
        assert.ok(Math.abs(seen[index]! - value) < 4, `${JSON.stringify(tags)} ${color}: ${seen}`);
      });
    }
  }
});

Deno.test("YuvCanvas shows what RgbaCanvas shows, wherever it stands", () => {
  const found = [0, 1, 2, 3].map((odd) => ({
    ...{ label: "person", labelId: 1, confidence: 0.98 },
    box: { x: (20 + 71 * odd) / 320, y: (60 + odd) / 180, width: (50 + odd) / 320, height: 0.4 },
  }));
  const annotations = [
    { kind: "polyline", points: [[0.1, 0.9], [0.5, 0.95], [0.9, 0.8]], color: "#ff0000" },
    { kind: "text", x: 0.4, y: 0.05, text: "Gate 4", color: "#00ff00" },
  ] as const;
  const rgba = new RgbaCanvas({ ...size, data: new Uint8Array(pixels * 4).fill(100) });
  const { data, canvas } = yuv({ range: "pc" }, 100);
  for (const each of [rgba, canvas]) {
    assert.equal(drawAnalysis(each, { detections: found, annotations }, typefaces), true);
  }
  let [brightest, drawn, coloured] = [0, 0, 0];
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const [red = 0, green = 0, blue = 0] = rgba.data.subarray((y * size.width + x) * 4);
      const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
      brightest = Math.max(brightest, Math.abs(luma - data[y * size.width + x]!));
      if (Math.max(red, green, blue) - Math.min(red, green, blue) < 60) continue;
      drawn++;
      const [r = 0, g = 0, b = 0] = toRgb(data, x, y, true, 0.299, 0.114);
      if (Math.hypot(r - red, g - green, b - blue) < 60) coloured++;
    }
  }
  assert.ok(brightest < 3, `the luma is ${brightest} away`);
  assert.ok(coloured > 0.7 * drawn, `${coloured} of ${drawn} coloured pixels have their colour`);
});
