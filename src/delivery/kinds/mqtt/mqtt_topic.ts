/** Words of MQTT topics. */

import { fnv1aOfText } from "../../../fnv1a.ts";
import { plainText } from "../cloud_event.ts";

/** A text as one level of a topic: what means something there is replaced. */
export function topicWord(text: string): string {
  return plainText(text).replaceAll(/[+#/]/g, "_") || "_";
}

/**
 * A text as Home Assistant's ids have it: lower case letters, digits and single underscores. What has
 * other letters ends in a hash, so that two of them are told apart.
 */
export function slug(text: string): string {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const words = plain.replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "");
  const isWhole = words !== "" && /^\p{ASCII}*$/u.test(plain);
  if (isWhole) return words;
  return [words, fnv1aOfText(text).toString(16)].filter((part) => part !== "").join("_");
}
