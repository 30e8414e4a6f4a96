import assert from "node:assert/strict";
import { parseRegion } from "./parse_region.ts";

Deno.test("parseRegion() reads fractions within the picture, up to its edges", () => {
  assert.deepEqual(parseRegion("0,0,1,1"), { x: 0, y: 0, width: 1, height: 1 });
  assert.deepEqual(parseRegion(" .1, 0.7 ,0.5,0.3"), { x: 0.1, y: 0.7, width: 0.5, height: 0.3 });
});

for (
  const text of ["", "0,0,1", "0,0,1,1,1", "0,0,0,1", "0.6,0,0.5,1", "-0.1,0,1,1", "0,0,1e0,1", "a"]
) {
  Deno.test(`parseRegion() refuses "${text}"`, () => {
    assert.throws(() => parseRegion(text), { name: "SettingError" });
  });
}
