/** A plugin's text, cut to a length that fits a log line. */

/** Characters of one message of a plugin. */
const maxTextLength = 2000;

/** The text, cut when it is too long. */
export function saneText(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)} … (cut)` : text;
}
