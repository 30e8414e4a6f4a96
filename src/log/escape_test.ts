import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeControls, escapeControlsInJson } from "./escape.ts";

Deno.test("escapeControls() writes control characters out", () => {
  assert.equal(
    escapeControls("a\nb\r\tc\u001b[31m\u0000\u007f\u0085"),
    "a\\nb\\r\\tc\\u001b[31m\\u0000\\u007f\\u0085",
  );
  assert.equal(
    escapeControls("line\u2028sep\u202eright to left"),
    "line\\u2028sep\\u202eright to left",
  );
  assert.equal(escapeControls("a\u200bb\u200e\ufeff\u2069"), "a\\u200bb\\u200e\\ufeff\\u2069");
});

Deno.test("escapeControls() leaves ordinary text of any language as it is", () => {
  assert.equal(escapeControls("Kamera «Tür» 門 👩‍🚒 می‌خواهم \\n"), "Kamera «Tür» 門 👩‍🚒 می‌خواهم \\n");
});

Deno.test("escapeControlsInJson() keeps the value of the JSON", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = escapeControlsInJson(JSON.stringify({ text }));
    assert.deepEqual(JSON.parse(json), { text });
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(json, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  }));
});
