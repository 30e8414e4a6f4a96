import { deepEqual, equal } from "node:assert/strict";
import { languages, t } from "./texts.js";

const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

Deno.test("every language says everything, with the same places to fill", () => {
  const { en, ...others } = languages as Record<string, Record<string, string>>;
  for (const [code, texts] of Object.entries(others)) {
    deepEqual(Object.keys(texts).toSorted(), Object.keys(en!).toSorted(), code);
    for (const [key, text] of Object.entries(en!)) {
      deepEqual(places(texts[key]!), places(text), `${code} ${key}`);
    }
  }
});

Deno.test("t() fills the places of a text, and shows a key that it does not know", () => {
  equal(t("live.gone", { name: "<b>$1</b>" }), "There is no stream <b>$1</b> now.");
  equal(t("type.door_opened"), "type.door_opened");
});
