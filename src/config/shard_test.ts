import assert from "node:assert/strict";
import fc from "fast-check";
import { SettingError } from "../settings/setting.ts";
import { ownerOf, parseShard } from "./shard.ts";

/** 10,000 names of four kinds, as operators give them. */
const names = Array.from({ length: 2500 }, (_, index) => [
  `camera-${index}`,
  `hall_${index % 50}.door_${Math.floor(index / 50)}`,
  `Straße-${index}`,
  index.toString(36).padStart(4, "0"),
]).flat();

Deno.test("ownerOf() gives each of 10,000 names one owner for N = 1…64, in equal shares", () => {
  for (let count = 1; count <= 64; count++) {
    const owned = new Array<number>(count).fill(0);
    for (const name of names) {
      const owner = ownerOf(name, count);
      assert.ok(Number.isInteger(owner) && owner >= 0 && owner < count);
      owned[owner]!++;
    }
    assert.equal(owned.reduce((sum, share) => sum + share), names.length);
    // Six standard deviations of a fair throw.
    const fair = names.length / count;
    for (const share of owned) assert.ok(Math.abs(share - fair) <= 6 * Math.sqrt(fair), `${owned}`);
  }
});

Deno.test("ownerOf() moves about 1/(N+1) of the names from N to N+1, and only to the new one", () => {
  for (let count = 1; count < 64; count++) {
    let moved = 0;
    for (const name of names) {
      const [before, after] = [ownerOf(name, count), ownerOf(name, count + 1)];
      if (before === after) continue;
      assert.equal(after, count, name);
      moved++;
    }
    const expected = names.length / (count + 1);
    assert.ok(Math.abs(moved - expected) <= 6 * Math.sqrt(expected), `${count}: ${moved}`);
  }
});

Deno.test("ownerOf() depends on nothing but the name and N", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.integer({ min: 1, max: 200 }),
      (name, count) => {
        const owner = ownerOf(name, count);
        assert.ok(owner >= 0 && owner < count);
        assert.equal(ownerOf(name, count), owner);
      },
    ),
  );
  // Processes of two versions share the streams during an update: these must stay as they are.
  assert.deepEqual(["default", "street", "gate-7", "Tür"].map((name) => ownerOf(name, 10)), [
    8,
    3,
    7,
    8,
  ]);
});

Deno.test("parseShard() takes the number alone, or at the end of a pod's name", () => {
  assert.deepEqual(parseShard("0/1"), { index: 0, count: 1 });
  assert.deepEqual(parseShard("sightline-12/64"), { index: 12, count: 64 });
  assert.deepEqual(parseShard("site-2-sightline-0/3"), { index: 0, count: 3 });
});

Deno.test("parseShard() refuses what names no process", () => {
  for (
    const text of ["", "3", "3/3", "0/0", "-1/3", "1/", "/3", "a/3", "0/10001", "1.5/3", "0/3/3"]
  ) {
    assert.throws(() => parseShard(text), SettingError, JSON.stringify(text));
  }
});
