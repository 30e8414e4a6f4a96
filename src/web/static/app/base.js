/* Where Sightline lies on this server: "/" or a path that a proxy puts before it. */

/** With a slash at both ends. */
export const base = new URL("../../", import.meta.url).pathname;

/** An address on this Sightline; each part is escaped. */
export function at(...parts) {
  return base + parts.map(encodeURIComponent).join("/");
}

/** The query of an address, without what is not set; of a list each is there by itself. */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  const pairs = set.flatMap(([key, value]) => [value].flat().map((one) => [key, String(one)]));
  const text = new URLSearchParams(pairs).toString();
  return text === "" ? "" : `?${text}`;
}
