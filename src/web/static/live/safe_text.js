/** Text that others wrote, so that it reads as it is and leaves what stands around it alone. */

/**
 * What cannot be seen: controls, marks that turn the direction of writing, and what has no width.
 * Joiners stay, for scripts and emoji that need them.
 */
const unseen =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Letters that are written from right to left. */
const rightToLeft =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** The text with what cannot be seen in words, such as `[U+202E]`. */
export function safeText(text) {
  return text.replace(unseen, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `[U+${code}]`;
  });
}

/** The same for a part of a text: the direction of its letters ends with it. */
export function isolatedText(text) {
  const safe = safeText(text);
  return rightToLeft.test(safe) ? `\u2068${safe}\u2069` : safe;
}
