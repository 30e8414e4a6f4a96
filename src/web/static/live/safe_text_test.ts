import { equal } from "node:assert/strict";
import { isolatedText, safeText } from "./safe_text.js";

Deno.test("safeText() shows what cannot be seen, and what turns the direction of writing", () => {
  equal(safeText("photo\u202Egpj.exe"), "photo[U+202E]gpj.exe");
  equal(
    safeText("a\u200Bb\u0000c\u0085d\uFEFF\u2067e"),
    "a[U+200B]b[U+0000]c[U+0085]d[U+FEFF][U+2067]e",
  );
});

Deno.test("safeText() leaves every language, lines and emoji as they are", () => {
  for (const text of ["Straße «Tür» 門", "שלום", "می‌خواهم", "👩‍🚒🏴", "a\n\tb"]) {
    equal(safeText(text), text);
  }
});

Deno.test("isolatedText() keeps the direction of a part to itself", () => {
  equal(isolatedText("door"), "door");
  equal(isolatedText("שער\u202E"), "\u2068שער[U+202E]\u2069");
});
