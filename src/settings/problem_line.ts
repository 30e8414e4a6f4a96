/** Problems with the settings, as lines for those who wrote them. */

import type { Phrase, Problem } from "./problem.ts";
import { escapeControls } from "../log/escape.ts";
import { maskUrl } from "../log/mask.ts";

/** Longer values are cut: the line is about what is wrong with them. */
const maxValueLength = 120;

/** What a setting is called where it was written. */
export type NameOf = (setting: string) => string;

/** On a command line. */
export const asFlag: NameOf = (setting) => `--${setting}`;
/** In a file. */
export const asKey: NameOf = (setting) => setting;

/** A phrase with settings called as the reader wrote them. */
export function sentence(phrase: Phrase, nameOf: NameOf): string {
  if (typeof phrase === "string") return phrase;
  return phrase.map((part) => typeof part === "string" ? part : nameOf(part.setting)).join("");
}

/** For a command line: `--fps abc: must be a number from 0.01 to 1000`. */
export function problemLine({ setting, within = [], ...what }: Problem): string {
  const flag = setting === null ? "" : asFlag(setting);
  return within.length === 0
    ? problemText(flag, what, asFlag)
    : `${flag}: ${problemText(within.join("."), what, asKey)}`;
}

/** The same behind any subject. */
export function problemText(
  subject: string,
  { value, message }: Pick<Problem, "value" | "message">,
  nameOf: NameOf,
): string {
  const shown = value === undefined ? "" : showValue(value);
  const head = [subject, shown].filter((part) => part !== "").join(" ");
  return `${head === "" ? "" : `${head}: `}${escapeControls(sentence(message, nameOf))}`;
}

/** JSON has no word for what YAML calls `.inf` and `.nan`, and says null. */
function endless(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** The value as it was typed, without passwords, and quoted where it would not read as one word. */
function showValue(value: unknown): string {
  const text = typeof value === "string"
    ? value
    : typeof value === "number"
    ? String(value)
    : JSON.stringify(value, endless) ?? String(value);
  const masked = maskPasswords(text);
  const short = masked.length > maxValueLength ? masked.slice(0, maxValueLength) + "…" : masked;
  // A list or map of a file is plain enough.
  if (typeof value === "object") return escapeControls(short);
  return /^[^\s"']+$/.test(short) ? escapeControls(short) : `"${escapeControls(short)}"`;
}

/** Any value may hold a URL with a password, and a mistyped one hardly reads as a URL any more. */
function maskPasswords(text: string): string {
  const masked = maskUrl(text);
  // Everything up to the last @: too much rather than too little.
  return masked === text ? text.replace(/:(\/*)(?!\/)[^]*@/, ":$1***@") : masked;
}
