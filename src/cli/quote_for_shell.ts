/** Makes one word of a text for a POSIX shell. */

/** The text as it is where no shell would touch it, else in the quotes that leave it readable. */
export function quoteForShell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // Within double quotes a backslash stands for itself, unless one of these is behind it.
  const isPlainInDouble = !/[$`"!]|\\[\\\n]|\\$/.test(text);
  return text.includes("'") && isPlainInDouble ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
