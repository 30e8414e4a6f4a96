/** Runs StrykerJS once over all files; what it runs for each change is run_beside.ts. */

import type { Line } from "./choose_lines.ts";
import { type Drawn, drawnPath, type Plan, planPath } from "./run_beside.ts";

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
export interface MutationPlan extends Plan {
  /** A copy of the checkout. */
  readonly folder: string;
  /** Only these; null = all. */
  readonly lines: readonly Line[] | null;
  /** Called for each file whose tests fail without a change. */
  readonly onFailed: (file: string) => void;
}

/** The last that runs on Node 20. */
const stryker = "@stryker-mutator/core@8.7.1";
/** What changes words and not what is done. */
const leftOut = ["StringLiteral", "ObjectLiteral", "ArrayDeclaration", "Regex", "ArrowFunction"];

interface Report {
  readonly files: Record<string, {
    readonly source: string;
    readonly mutants: readonly {
      readonly id: string;
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

/** Makes the changes and returns each. @throws {Error} when Stryker fails. */
export async function mutate(
  { folder, lines, onFailed, ...plan }: MutationPlan,
): Promise<Mutant[]> {
  const runner = new URL("run_beside.ts", import.meta.url).pathname;
  await Deno.writeTextFile(planPath(folder), JSON.stringify(plan));
  await Deno.writeTextFile(
    `${folder}/stryker.json`,
    JSON.stringify({
      testRunner: "command",
      commandRunner: { command: `${Deno.execPath()} run -A --no-lock ${runner}` },
      mutate: lines === null
        ? plan.files
        : lines.map(({ file, line }) => `${file}:${line}-${line}`),
      mutator: { excludedMutations: leftOut },
      reporters: ["json"],
      jsonReporter: { fileName: "mutation.json" },
      inPlace: true,
      disableTypeChecks: false,
      coverageAnalysis: "off",
      concurrency: plan.jobs,
      // run_beside.ts has a limit for each test, from the time that it took without a change.
      timeoutMS: 600_000,
      dryRunTimeoutMinutes: 60,
      logLevel: "off",
    }),
  );
  const { code, stderr } = await new Deno.Command("npx", {
    args: ["--yes", "--package", stryker, "stryker", "run", "stryker.json"],
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const text = await Deno.readTextFile(`${folder}/mutation.json`).catch(() => null);
  if (text === null) {
    throw new Error(`Stryker ended with code ${code}: ${new TextDecoder().decode(stderr)}`);
  }
  const drawn = JSON.parse(await Deno.readTextFile(drawnPath(folder))) as Drawn;
  drawn.failed.forEach(onFailed);
  return Object.entries((JSON.parse(text) as Report).files).flatMap(([file, found]) => {
    return found.mutants.filter(({ id }) => id in drawn.mutants).map((mutant) => ({
      file,
      line: mutant.location.start.line,
      ...linesOf(found.source, mutant.location, mutant.replacement ?? ""),
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
