import { deepEqual, ok } from "node:assert/strict";
import fc from "fast-check";
import { pointInPolygon } from "../helpers/point_in_polygon.ts";
import { hiddenPolygons, hidePolygons, polygonOf } from "./hide_masks.ts";

function hidden(polygon: [number, number][], width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(200);
  hidePolygons({ width, height, data }, [polygon]);
  return data;
}

Deno.test("hidePolygons() hides every pixel that a polygon touches, and no other", () => {
  const share = fc.integer({ min: 0, max: 64 }).map((part) => part / 64);
  const polygons = fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 8 });
  fc.assert(fc.property(polygons, (polygon) => {
    const [width, height] = [32, 16];
    const data = hidden(polygon, width, height);
    const corners = polygon.map(([x, y]) => [x * width, y * height] as const);
    const [top, bottom] = [Math.min, Math.max].map((most) => most(...corners.map(([, y]) => y)));
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const middle = [column + 0.5, row + 0.5] as const;
        const pixel = data.subarray((row * width + column) * 4).subarray(0, 4).join();
        ok(pixel === "0,0,0,255" || pixel === "200,200,200,200", pixel);
        const isHidden = pixel === "0,0,0,255";
        const isWithin = pointInPolygon(middle, corners);
        const apart = Math.min(...corners.map((corner, index) => {
          return distanceTo(middle, corner, corners.at(index - 1)!);
        }));
        const where = `${column}, ${row}`;
        if (isWithin || apart < 0.4999 && row < bottom! && row + 1 > top!) ok(isHidden, where);
        // Half a pixel's diagonal away no edge is within it.
        if (!isWithin && apart > 0.7072 || row >= bottom! || row + 1 <= top!) ok(!isHidden, where);
      }
    }
  }));
});

type Place = readonly [x: number, y: number];

function distanceTo([x, y]: Place, [x1, y1]: Place, [x2, y2]: Place): number {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / (length ** 2 || 1);
  const at = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - x1 - at * (x2 - x1), y - y1 - at * (y2 - y1));
}

Deno.test("hidePolygons() hides the pixels that an edge cuts, and leaves the rest as it is", () => {
  const data = hidden([[0.3, 0.3], [0.55, 0.3], [0.55, 0.55], [0.3, 0.55]], 10, 10);
  const black = Array.from({ length: 100 }, (_, index) => index)
    .filter((index) => data[index * 4] === 0);
  deepEqual(black, [33, 34, 35, 43, 44, 45, 53, 54, 55]);
});

Deno.test("hiddenPolygons() takes the masks that hide", () => {
  const polygon: [number, number][] = [[0, 0], [1, 0], [0, 1]];
  const hidden: [number, number][] = [[0, 0], [1, 0], [1, 1]];
  const masks = [polygon, { polygon, hide: false }, { polygon: hidden, hide: true }];
  deepEqual(hiddenPolygons(masks), [hidden]);
  deepEqual(masks.map(polygonOf), [polygon, polygon, hidden]);
});
