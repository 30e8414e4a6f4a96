/** Keeps text from outside on one line: nothing that a plugin, a camera or a server says forges a log line. */

// C0, DEL and C1 controls, the line separators that some readers honour, and what turns the direction
// of writing or has no width (with it a line reads other than it is). Joiners are part of words.
const unsafeCharacters =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text with every control character written out, such as `\n` or `\u001b`. */
export function escapeControls(text: string): string {
  return text.replace(unsafeCharacters, writeOut);
}

/** The same for text that is JSON already; there only the `\uXXXX` form is legal everywhere. */
export function escapeControlsInJson(json: string): string {
  return json.replace(unsafeCharacters, toUnicodeEscape);
}

function writeOut(character: string): string {
  return shortEscapes[character] ?? toUnicodeEscape(character);
}

function toUnicodeEscape(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}
