/** Runs StrykerJS over one file and its test. */

/** One small change, and whether the test noticed it. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The line as it is. */
  readonly original: string;
  /** The line as it was changed. */
  readonly changed: string;
  /** The test failed, or did not come to an end. */
  readonly noticed: boolean;
}

/** What to change, and how. */
export interface MutationPlan {
  /** A copy of the checkout. */
  readonly folder: string;
  readonly file: string;
  readonly test: string;
  /** Only these; null = all. */
  readonly lines: readonly number[] | null;
}

/** The last that runs on Node 20. */
const stryker = "@stryker-mutator/core@8.7.1";
/** What changes words and not what is done. */
const leftOut = ["StringLiteral", "ObjectLiteral", "ArrayDeclaration", "Regex", "ArrowFunction"];

interface Report {
  readonly files: Record<string, {
    readonly source: string;
    readonly mutants: readonly {
      readonly status: string;
      readonly replacement?: string;
      readonly location: { readonly start: Place; readonly end: Place };
    }[];
  }>;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Makes the changes and returns each. @throws {Error} when the test fails without a change. */
export async function mutate({ folder, file, test, lines }: MutationPlan): Promise<Mutant[]> {
  const report = `${folder}/mutation.json`;
  await Deno.writeTextFile(
    `${folder}/stryker.json`,
    JSON.stringify({
      testRunner: "command",
      commandRunner: {
        command: `${Deno.execPath()} test -A --no-check --node-modules-dir=none ${test}`,
      },
      mutate: lines === null ? [file] : lines.map((line) => `${file}:${line}-${line}`),
      mutator: { excludedMutations: leftOut },
      reporters: ["json"],
      jsonReporter: { fileName: report },
      ignorePatterns: ["mutation.json", "bench", "deploy"],
      coverageAnalysis: "off",
      concurrency: 1,
      timeoutMS: 10_000,
      logLevel: "off",
    }),
  );
  const { code } = await new Deno.Command("npx", {
    args: ["--yes", "--package", stryker, "stryker", "run", "stryker.json"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
  }).output();
  const text = await Deno.readTextFile(report).catch(() => null);
  if (text === null) {
    if (code === 0) return [];
    throw new Error(`Cannot change ${file}: Stryker ended with code ${code}; does ${test} pass?`);
  }
  await Deno.remove(report);
  return Object.values((JSON.parse(text) as Report).files).flatMap(({ source, mutants }) => {
    return mutants.filter(({ status }) => status !== "Ignored").map((mutant) => ({
      file,
      line: mutant.location.start.line,
      ...linesOf(source, mutant.location, mutant.replacement ?? ""),
      noticed: mutant.status === "Killed" || mutant.status === "Timeout",
    }));
  });
}

/** The change as a person reads it: whole lines. Places count from 1. */
function linesOf(
  source: string,
  { start, end }: { readonly start: Place; readonly end: Place },
  replacement: string,
): { original: string; changed: string } {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const before = lines[0]!.slice(0, start.column - 1);
  const after = lines.at(-1)!.slice(end.column - 1);
  return {
    original: inOneLine(lines.join("\n")),
    changed: inOneLine(before + replacement + after),
  };
}

function inOneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
