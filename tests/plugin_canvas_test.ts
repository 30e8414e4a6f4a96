/** Canvases have memory of their own, outside of what bounds a plugin's. */

import assert from "node:assert/strict";
import { infoOf } from "../src/frame/frame.ts";
import { isolations, smallFrame, withPlugin } from "./support/with_plugin.ts";

const plugin = `
const attempts = {
  canvas: () => new OffscreenCanvas(60_000, 60_000).getContext("2d"),
  "its prototype's": () => new OffscreenCanvas.prototype.constructor(60_000, 60_000),
  "a side": () => { const canvas = new OffscreenCanvas(8, 60_000); canvas.width = 60_000; },
  bitmap: () => createImageBitmap(new ImageData(8, 8), { resizeWidth: 60_000, resizeHeight: 60_000 }),
  cutout: () => createImageBitmap(new ImageData(8, 8), 0, 0, 60_000, 60_000),
  small: () => new OffscreenCanvas(640, 480) instanceof OffscreenCanvas,
  "small bitmap": async () => (await createImageBitmap(new ImageData(8, 8))).width,
};
export default () => ({
  async postprocess() {
    const said = {};
    for (const [what, attempt] of Object.entries(attempts)) {
      try {
        said[what] = await attempt();
      } catch (error) {
        said[what] = error.name;
      }
    }
    return { data: said };
  },
});`;

for (const isolation of isolations) {
  Deno.test(`${isolation}: canvases of 60,000 pixels a side are refused, and end nothing`, async () => {
    await withPlugin(isolation, plugin, async (open) => {
      const host = await open({}, { timeoutMs: 10_000 });
      const { data } = await host.postprocess({}, infoOf(smallFrame()));
      const refused = "RangeError";
      assert.deepEqual(data, {
        canvas: refused,
        "its prototype's": refused,
        "a side": refused,
        bitmap: refused,
        cutout: refused,
        small: true,
        "small bitmap": 8,
      });
    });
  });
}
