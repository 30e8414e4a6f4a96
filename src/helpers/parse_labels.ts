/** Far above any model's number of classes; a larger number means that the file is no label file. */
const largestId = 65_535;

/** A number, then a colon, comma, tab or space, then the name. */
const numbered = /^(\d+)(?:\s*[:,]\s*|\s+)(\S.*)$/;

/**
 * Reads a label file: the name at index i is that of class i.
 *
 * One name a line, the first line being class 0; or, when every line begins with a number, `id
 * name` in any order (`id: name` and `id,name` do too). Numbers that are missing are named `label
 * <id>`. A plugin imports its label file, or reads it when it is granted to:
 *
 * ```ts
 * import { parseLabels } from "./mod.ts";
 *
 * const labels = parseLabels("0 background\n1 person\n3 bicycle\n");
 * if (labels.join() !== "background,person,label 2,bicycle") throw new Error("misread");
 * ```
 *
 * @throws {SyntaxError} naming the line that is empty, or whose number is too large or a repetition.
 */
export function parseLabels(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").trimEnd().split(/\r?\n/).map((line) => line.trim());
  if (lines.length === 1 && lines[0] === "") return [];
  if (lines.every((line) => line === "" || numbered.test(line))) return parseNumbered(lines);
  const empty = lines.indexOf("");
  if (empty >= 0) {
    // Skipping it would silently shift the names of all classes behind it.
    throw new SyntaxError(`Cannot parse labels: line ${empty + 1} is empty`);
  }
  return lines;
}

function parseNumbered(lines: readonly string[]): string[] {
  const names = new Map<number, string>();
  lines.forEach((line, at) => {
    const [, digits, name] = numbered.exec(line) ?? [];
    if (digits === undefined || name === undefined) return;
    const id = Number(digits);
    const refuse = (what: string) =>
      new SyntaxError(`Cannot parse labels: line ${at + 1}: number ${digits} ${what}`);
    if (id > largestId) throw refuse(`is too large, allowed is 0 to ${largestId}`);
    if (names.has(id)) throw refuse(`is already "${names.get(id)}"`);
    names.set(id, name);
  });
  const length = Math.max(...names.keys()) + 1;
  return Array.from({ length }, (_, id) => names.get(id) ?? `label ${id}`);
}
