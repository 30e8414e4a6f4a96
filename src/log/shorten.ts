/** Text from outside, shortened for the log. */

/** Characters of what a server says that are shown: some answer with a whole page. */
const shownLength = 400;

/** `text` on one line and without control characters, cut to a length that can be read. */
export function shorten(text: string, most = shownLength): string {
  const begin = text.slice(0, 2 * most).replace(/[\s\p{Cc}]+/gu, " ").trim();
  const whole = begin.length <= most && text.length <= 2 * most;
  return whole ? begin : `${begin.slice(0, most)}…`;
}
