/** Puts changes into the text of files, each beside what it replaces, with a number that switches it on. */

import type { Line } from "./choose_lines.ts";

/** One small change. */
export interface Mutant {
  /** Switches it on. */
  readonly id: string;
  readonly file: string;
  readonly line: number;
  /** The line as it is. */
  readonly original: string;
  /** The line as it was changed. */
  readonly changed: string;
}

/** Files that hold their changes, none of them switched on. */
export interface Instrumented {
  /** By path. */
  readonly texts: ReadonlyMap<string, string>;
  readonly mutants: readonly Mutant[];
}

/** Fetched when it is used: what stands in the lock file is what Sightline needs. */
const stryker = "npm:@stryker-mutator/instrumenter@10.1.1";
/** What changes words and not what is done. */
const leftOut = [
  "StringLiteral",
  "ObjectLiteral",
  "ArrayDeclaration",
  "Regex",
  "ArrowFunction",
  "CallExpression",
];

interface Place {
  /** From 0 on. */
  readonly line: number;
  readonly column: number;
}

/** A log in which nothing is written. */
const silent = {
  ...{ isDebugEnabled: () => false, isInfoEnabled: () => false, isTraceEnabled: () => false },
  ...{ debug() {}, info() {}, trace() {}, warn() {}, error() {} },
};

/** What is used of Stryker. */
interface Instrumenter {
  instrument(
    files: readonly {
      readonly name: string;
      readonly content: string;
      readonly mutate: true | readonly { readonly start: Place; readonly end: Place }[];
    }[],
    options: object,
  ): Promise<{
    readonly files: readonly { readonly name: string; readonly content: string }[];
    readonly mutants: readonly {
      readonly id: string;
      readonly fileName: string;
      readonly location: { readonly start: Place; readonly end: Place };
      readonly replacement: string;
      readonly status?: "Ignored";
    }[];
  }>;
}

/** Makes all changes of the files, or those of the lines. */
export async function instrument(
  files: readonly string[],
  lines: readonly Line[] | null,
): Promise<Instrumented> {
  const { Instrumenter } = await import(stryker);
  const instrumenter: Instrumenter = new Instrumenter(silent);
  const sources = new Map<string, string>();
  for (const file of files) sources.set(file, await Deno.readTextFile(file));
  const { files: written, mutants } = await instrumenter.instrument(
    [...sources].flatMap(([name, content]) => {
      const mutate = lines === null ? true as const : rangesOf(name, lines);
      return mutate === true || mutate.length > 0 ? [{ name, content, mutate }] : [];
    }),
    { plugins: null, ignorers: [], excludedMutations: leftOut },
  );
  return {
    texts: new Map(written.map(({ name, content }) => [name, content.replace(asked, none)])),
    mutants: mutants.filter(({ status }) => status !== "Ignored").map((mutant) => ({
      id: mutant.id,
      file: mutant.fileName,
      line: mutant.location.start.line + 1,
      ...linesOf(sources.get(mutant.fileName)!, mutant.location, mutant.replacement),
    })),
  };
}

/** Where a file asks the environment, and what stands there instead. */
const asked = /if \(ns\.activeMutant === undefined .*\{[^}]*\}/;
const none = "/* none is switched on */";

/**
 * A text in which a change is switched on wherever the file is loaded. The file itself says so: a
 * plugin's process, and some threads, may not read the environment.
 */
export function switchedOn(text: string, id: string): string {
  return text.replace(none, `ns.activeMutant = "${id}";`);
}

function rangesOf(file: string, lines: readonly Line[]): { start: Place; end: Place }[] {
  return lines.filter((line) => line.file === file).map(({ line }) => ({
    start: { line: line - 1, column: 0 },
    end: { line: line - 1, column: Infinity },
  }));
}

/** The change as a person reads it: whole lines. */
function linesOf(
  source: string,
  { start, end }: { readonly start: Place; readonly end: Place },
  replacement: string,
): { original: string; changed: string } {
  const lines = source.split("\n").slice(start.line, end.line + 1);
  const before = lines[0]!.slice(0, start.column);
  const after = lines.at(-1)!.slice(end.column);
  return {
    original: inOneLine(lines.join("\n")),
    changed: inOneLine(before + replacement + after),
  };
}

function inOneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
