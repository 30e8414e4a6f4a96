/** The operating system's error message, without its codes. */

/** `no space left on device` of `No space left on device (os error 28)`, and the same for messages of Node. */
export function systemMessage(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(/ \(os error \d+\).*$/s, "")
    // `ENOENT: no such file or directory, open '/records.jsonl'`
    .replace(/^E[A-Z0-9]+: (.*?)(, [a-z]+( '.*')?)?$/s, "$1");
  // Not `OK` or `HTTP`.
  return /^[A-Z][a-z]/.test(message) ? message[0]!.toLowerCase() + message.slice(1) : message;
}
