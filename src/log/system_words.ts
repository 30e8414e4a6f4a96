/** What the system says of a failure, without what only programs need. */

/** `no space left on device` of `No space left on device (os error 28)`, and the same of Node's words. */
export function systemWords(error: unknown): string {
  const words = (error instanceof Error ? error.message : String(error))
    .replace(/ \(os error \d+\).*$/s, "")
    // `ENOENT: no such file or directory, open '/records.jsonl'`
    .replace(/^E[A-Z0-9]+: (.*?)(, [a-z]+( '.*')?)?$/s, "$1");
  // Not `OK` or `HTTP`.
  return /^[A-Z][a-z]/.test(words) ? words[0]!.toLowerCase() + words.slice(1) : words;
}
