/** Words of MQTT topics. */

/** A text as one level of a topic: what means something there is replaced. */
export function topicWord(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[+#/\u0000-\u001f]/g, "_") || "_";
}

/** A text as Home Assistant's ids have it: lower case letters, digits and underscores. */
export function slug(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^_+|_+$/g, "") || "_";
}
