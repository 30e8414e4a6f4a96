/** Samples the lines of code that are changed. */

/** A line of a file. */
export interface Line {
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
}

/** Numbers in 0…1 that are the same for the same seed (Marsaglia's xorshift32). */
export function randomFrom(seed: number): () => number {
  let state = (seed >>> 0) || 1;
  return function nextRandom() {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Numbers, from 1 and rising, of the lines in which something can be changed. */
export function codeLines(text: string): number[] {
  return text.split("\n").flatMap((line, index) => {
    const code = line.replace(/^\s*(\/?\*|\/\/|(import|export) .* from ).*/, "").replace("=>", "");
    return /[-+*/<>=!&|?.]|true|false/.test(code) ? [index + 1] : [];
  });
}

/** Draws `count` of them, each as likely as the others; all when there are fewer. */
export function chooseLines<T>(lines: readonly T[], count: number, random: () => number): T[] {
  return lines.map((line, index) => ({ line, index, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({ line }) => line);
}
