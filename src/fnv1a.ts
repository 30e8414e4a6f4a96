/**
 * FNV-1a, 32 bits, unsigned. By hand rather than from a library: it must give the same answer in
 * every version for ever, since processes of two versions share the streams during an update.
 */
export function fnv1a(values: ArrayLike<number>): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < values.length; at++) hash = Math.imul(hash ^ values[at]!, 0x01000193);
  return hash >>> 0;
}

/** The same of a text's UTF-8. */
export function fnv1aOfText(text: string): number {
  return fnv1a(new TextEncoder().encode(text));
}
