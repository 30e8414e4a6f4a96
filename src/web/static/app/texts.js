/* The texts of the pages in the visitor's language. A translation is one more table with the same keys. */

import { isolatedText } from "../live/safe_text.js";
import { de } from "./texts/de.js";
import { en } from "./texts/en.js";

/** By the language's code. */
export const languages = { en, de };

/** The first of the visitor's languages that there is, with its country where that is said. */
export const locale = (globalThis.navigator?.languages ?? [])
  .find((tag) => Object.hasOwn(languages, tag.slice(0, 2))) ?? "en";

/** Its code. */
export const language = locale.slice(0, 2);

/** A text with its places filled; a key that is not known stands for itself. */
export function t(key, values = {}) {
  const text = languages[language][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => isolatedText(String(values[name] ?? place)));
}
