import assert from "node:assert/strict";
import { shorten } from "./shorten.ts";

Deno.test("shorten() leaves what is short, on one line, and cuts the rest", () => {
  assert.equal(shorten(" two\r\nlines\u0007 "), "two lines");
  assert.equal(shorten("x".repeat(400)), "x".repeat(400));
  assert.equal(shorten("x".repeat(3_000_000)), `${"x".repeat(400)}…`);
});
