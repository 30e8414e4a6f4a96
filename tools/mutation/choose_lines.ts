/** Samples the lines of a file that are changed. */

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

/** Numbers, from 1 and rising, of `count` lines that hold code; fewer when there are fewer. */
export function chooseLines(text: string, count: number, random: () => number): number[] {
  const code = text.split("\n").flatMap((line, index) => {
    return /[-+*/<>=!&|?.]/.test(line.replace(/^\s*(\/?\*|\/\/).*/, "").replace("=>", ""))
      ? [index + 1]
      : [];
  });
  return code.map((line) => ({ line, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ line }) => line)
    .sort((a, b) => a - b);
}
