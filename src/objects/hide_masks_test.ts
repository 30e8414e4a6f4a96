import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { pointInPolygon } from "../helpers/point_in_polygon.ts";
import { hiddenPolygons, hidePolygons } from "./hide_masks.ts";

function hidden(polygon: [number, number][], width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(200);
  hidePolygons({ width, height, data }, [polygon]);
  return data;
}

Deno.test("hidePolygons() hides every pixel whose middle lies within, and in no other row", () => {
  const share = fc.integer({ min: 0, max: 64 }).map((part) => part / 64);
  const polygons = fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 8 });
  fc.assert(fc.property(polygons, (polygon) => {
    const [width, height] = [32, 16];
    const data = hidden(polygon, width, height);
    const rows = polygon.map(([, y]) => y * height);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const middle = [(column + 0.5) / width, (row + 0.5) / height] as const;
        const at = (row * width + column) * 4;
        const isHidden = data[at] === 0 && data[at + 3] === 255;
        if (pointInPolygon(middle, polygon)) ok(isHidden, `${column}, ${row}`);
        const isAbove = row + 1 < Math.min(...rows);
        if (isAbove || row > Math.max(...rows)) ok(!isHidden, `${column}, ${row}`);
      }
    }
  }));
});

Deno.test("hidePolygons() hides the pixels that an edge cuts, and leaves the rest as it is", () => {
  const data = hidden([[0.3, 0.3], [0.55, 0.3], [0.55, 0.55], [0.3, 0.55]], 10, 10);
  const black = Array.from({ length: 100 }, (_, index) => index)
    .filter((index) => data[index * 4] === 0);
  deepEqual(black, [33, 34, 35, 43, 44, 45, 53, 54, 55]);
});

Deno.test("hiddenPolygons() takes the masks that hide", () => {
  const polygon: [number, number][] = [[0, 0], [1, 0], [0, 1]];
  const masks = [polygon, { polygon, hide: false }, { polygon, hide: true }];
  equal(hiddenPolygons(masks).length, 1);
});
