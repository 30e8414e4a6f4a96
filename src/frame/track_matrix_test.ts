import assert from "node:assert/strict";
import { findTrackHeader, readMatrix, writeMatrix } from "./track_matrix.ts";

Deno.test("a matrix is read as it was written, in whole degrees", () => {
  for (const flipped of [false, true]) {
    for (const turn of [0, 90, 180, 270, 37]) {
      const bytes = new Uint8Array(40);
      writeMatrix(bytes, 4, { turn, flipped });
      assert.deepEqual(readMatrix(bytes, 4), { turn, flipped });
    }
  }
});

Deno.test("readMatrix() tells turned over sideways and upside down from upside down alone", () => {
  const of = (a: number, b: number, c: number, d: number) => {
    const bytes = new Uint8Array(36);
    const view = new DataView(bytes.buffer);
    [[0, a], [4, b], [12, c], [16, d]].forEach(([at, value]) => view.setInt32(at!, value! * 65536));
    return readMatrix(bytes, 0);
  };
  assert.deepEqual(of(-1, 0, 0, 1), { turn: 0, flipped: true });
  assert.deepEqual(of(1, 0, 0, -1), { turn: 180, flipped: true });
  assert.deepEqual(of(-1, 0, 0, -1), { turn: 180, flipped: false });
  assert.deepEqual(of(0, 1, -1, 0), { turn: 90, flipped: false });
  assert.deepEqual(of(0, 1, 1, 0), { turn: 90, flipped: true });
});

Deno.test("findTrackHeader() finds the matrix in both versions, and none in a file that is cut short", () => {
  const file = new Uint8Array(200);
  file.set(new TextEncoder().encode("tkhd"), 20);
  assert.deepEqual(findTrackHeader(file), { matrixAt: 64, widthAt: 100 });
  file[24] = 1;
  assert.deepEqual(findTrackHeader(file), { matrixAt: 76, widthAt: 112 });
  assert.equal(findTrackHeader(file.subarray(0, 100)), null);
  assert.equal(findTrackHeader(new Uint8Array(9)), null);
});
