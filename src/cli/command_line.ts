/** From the arguments of `run` to its settings, or to everything that is wrong with them. */

import type { ConfigReads } from "../config/file/load_config.ts";
import { phrase, type Problem } from "../settings/problem.ts";
import { checkTable } from "../settings/check_table.ts";
import { checkStreamFiles, resolveConfig, type UserConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import { commandSettings } from "../config/settings.ts";
import type { Secrets } from "../log/secret_mask.ts";
import { parseFlags } from "./flags.ts";
import { asFlag, problemLine, sentence } from "../settings/problem_line.ts";

/** What the arguments ask for. */
export type CommandLine =
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly lines: readonly string[] }
  | {
    readonly kind: "right";
    readonly config: ResolvedConfig;
    /** Flags that have no effect, one sentence each. */
    readonly notices: readonly string[];
    /** What was given for each stream; options of a file as they are written. */
    readonly shown: UserConfig;
    readonly secrets: Secrets;
    /** What it was read from; null without a configuration file. */
    readonly file: ConfigFile | null;
  };

/** The configuration file of a command line. */
export interface ConfigFile extends ConfigReads {
  readonly path: string;
}

/** Reads flags, checks them one by one and together, and looks at the files that they name. */
export async function readCommandLine(args: readonly string[]): Promise<CommandLine> {
  const { user, command, problems: flagProblems, help } = parseFlags(args);
  if (help) return { kind: "help" };
  if (command["config"] !== undefined) return await readWithFile(user, command, flagProblems);
  const { config, problems, notices, streams, secrets } = resolveConfig(user);
  const fileProblems = await checkStreamFiles(streams);
  const all = [...flagProblems, ...problems, ...fileProblems];
  if (config === null || all.length > 0) {
    return { kind: "wrong", lines: [...new Set(all.map(problemLine))] };
  }
  const sentences = notices.map((notice) => sentence(notice, asFlag));
  return { kind: "right", config, notices: sentences, secrets, shown: user, file: null };
}

/** The file says everything about streams, the flags may say the rest. */
async function readWithFile(
  { process, streams }: UserConfig,
  command: Readonly<Record<string, unknown>>,
  flagProblems: readonly Problem[],
): Promise<CommandLine> {
  const problems = [...flagProblems];
  const { config: path } = checkTable(commandSettings, command, problems);
  for (const setting of Object.keys(streams[0] ?? {})) {
    const message = phrase`cannot stand beside ${"config"}, the file says it of its streams`;
    problems.push({ setting, message });
  }
  const lines = problems.map(problemLine);
  if (path === undefined) return { kind: "wrong", lines };
  // The YAML parser is loaded only where there is a file.
  const { loadConfig } = await import("../config/file/load_config.ts");
  const loaded = await loadConfig(path, process);
  lines.push(...loaded.lines);
  if (loaded.config === null || lines.length > 0) return { kind: "wrong", lines };
  const { config, notices, secrets, reads, shown } = loaded;
  return { kind: "right", config, notices, secrets, shown, file: { path, ...reads } };
}
