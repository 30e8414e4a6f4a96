/** Replaces parts of a text. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Replaces parts of a text, which must not overlap, all at once: one by one each would copy it. */
export function splice(text: string, splices: readonly Splice[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, text: by } of splices.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, start), by);
    at = end;
  }
  return parts.join("") + text.slice(at);
}
