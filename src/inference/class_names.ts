/** The names of a model's classes, in the spellings in which models and servers tell them. */

import { parse } from "yaml";

/** More classes than any model has. */
const mostClasses = 1 << 16;

/**
 * Names by number of `{0: 'person', 1: 'bicycle'}` (Python's, as ultralytics writes it), of
 * `["person", "bicycle"]`, or of `person,bicycle`; undefined for what is none of these.
 */
export function parseClassNames(text: string): readonly string[] | undefined {
  let value: unknown;
  try {
    // Python's and JSON's literals are both YAML's flow style.
    value = parse(text, { maxAliasCount: 0, logLevel: "silent" });
  } catch {
    return undefined;
  }
  if (typeof value === "string") return value.includes(",") ? named(split(value)) : undefined;
  if (Array.isArray(value)) return named([...value.entries()]);
  if (typeof value !== "object" || value === null) return undefined;
  return named(Object.entries(value).map(([id, name]) => [Number(id), name]));
}

function split(text: string): [number, string][] {
  return [...text.split(",").map((name) => name.trim()).entries()];
}

function named(entries: readonly (readonly [number, unknown])[]): readonly string[] | undefined {
  const isName = ([id, name]: readonly [number, unknown]) =>
    Number.isInteger(id) && id >= 0 && id < mostClasses && typeof name === "string" && name !== "";
  if (entries.length === 0 || !entries.every(isName)) return undefined;
  const names = new Map(entries as readonly (readonly [number, string])[]);
  const length = Math.max(...names.keys()) + 1;
  return Array.from({ length }, (_, id) => names.get(id) ?? `label ${id}`);
}
