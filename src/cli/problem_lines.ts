/** Problems with the settings, as lines for whoever typed the command. */

import type { Problem } from "../config/problem.ts";
import { escapeControls } from "../log/escape.ts";
import { maskUrl } from "../log/mask.ts";

/** Longer values are cut: the line is about what is wrong with them. */
const MAX_VALUE_LENGTH = 120;

/** One line: `--fps abc: must be a number from 0.01 to 1000`. */
export function problemLine({ setting, value, message }: Problem): string {
  const flag = setting === null ? [] : [`--${setting}`];
  const shown = value === undefined ? [] : [showValue(value)];
  return `${[...flag, ...shown].join(" ")}: ${escapeControls(message)}`;
}

/** The value as it was typed, without passwords, and quoted where it would not read as one word. */
function showValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
  const masked = maskPasswords(text);
  const short = masked.length > MAX_VALUE_LENGTH ? masked.slice(0, MAX_VALUE_LENGTH) + "…" : masked;
  return /^[^\s"']+$/.test(short) ? escapeControls(short) : `"${escapeControls(short)}"`;
}

/** Any value may hold a URL with a password, and a mistyped one hardly reads as a URL any more. */
function maskPasswords(text: string): string {
  const masked = maskUrl(text);
  // Everything up to the last @: too much rather than too little.
  return masked === text ? text.replace(/:(\/*)(?!\/)[^]*@/, ":$1***@") : masked;
}
