/** From the arguments of `run` to its settings, or to everything that is wrong with them. */

import { checkFiles } from "../config/check_files.ts";
import { resolveConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import { parseFlags } from "./flags.ts";
import { problemLine } from "./problem_lines.ts";

/** What the arguments ask for. */
export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly lines: readonly string[] }
  | {
    readonly kind: "right";
    readonly config: ResolvedConfig;
    /** Flags that have no effect, one sentence each. */
    readonly notices: readonly string[];
  };

/** Reads flags, checks them one by one and together, and looks at the files that they name. */
export async function readCommandLine(args: readonly string[]): Promise<CommandLine> {
  const { user, problems: flagProblems, help } = parseFlags(args);
  if (help) return { kind: "help" };
  const { config, problems, notices, streams } = resolveConfig(user);
  const fileProblems = await Promise.all(streams.map(checkFiles));
  const all = [...flagProblems, ...problems, ...fileProblems.flat()];
  return config === null || all.length > 0
    ? { kind: "wrong", lines: all.map(problemLine) }
    : { kind: "right", config, notices };
}
