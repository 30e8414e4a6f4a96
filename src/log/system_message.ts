/** The operating system's errors in words, without its codes. */

/** `no space left on device` of `No space left on device (os error 28)`, and the same for messages of Node. */
export function systemMessage(error: unknown): string {
  const message = (error instanceof Error ? error.message : String(error))
    .replace(/ \(os error \d+\).*$/s, "")
    // `ENOENT: no such file or directory, open '/records.jsonl'`
    .replace(/^E[A-Z0-9]+: (.*?)(, [a-z]+( '.*')?)?$/s, "$1");
  // Not `OK` or `HTTP`.
  return /^[A-Z][a-z]/.test(message) ? message[0]!.toLowerCase() + message.slice(1) : message;
}

/** What `fileMessage` says of a file that is not there. */
export const doesNotExist = "does not exist";

/** Why a file cannot be read or written, in words that follow its path. */
export function fileMessage(error: unknown, verb: "read" | "write" = "read"): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const cannot = `cannot be ${verb === "read" ? "read" : "written"}`;
  switch (code) {
    case "ENOENT":
      return doesNotExist;
    case "EISDIR":
      return "is a directory, must be a file";
    case "ENOTDIR":
      return `${cannot}: part of the path is a file`;
    case "EACCES":
    case "EPERM":
      return `${cannot}: permission denied`;
    case "EROFS":
      return "cannot be written: the file system is read-only";
    default:
      return `${cannot}: ${message}`;
  }
}
