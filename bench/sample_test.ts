import assert from "node:assert/strict";
import { median, quantile, table } from "./sample.ts";

Deno.test("median() is the middle of an odd number of values and the mean of the middle two else", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("quantile() interpolates between values", () => {
  assert.equal(quantile([0, 10], 0.99), 9.9);
  assert.equal(quantile([5], 0.99), 5);
});

Deno.test("table() pads every column to its widest cell", () => {
  assert.equal(
    table([["arm", "cores"], ["ffmpeg alone", "0.1"]]),
    [
      "| arm          | cores |",
      "| ------------ | ----- |",
      "| ffmpeg alone | 0.1   |",
    ].join("\n"),
  );
});
