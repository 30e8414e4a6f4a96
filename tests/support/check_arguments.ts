/** Arguments out of files that others run, read by our own parser. */

import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/resolve_config.ts";
import { parseFlags } from "../../src/cli/flags.ts";

/** What `run` makes of them, files aside; throws with all that is wrong. */
export function checkArguments(args: readonly string[]): ResolvedConfig {
  const { user, problems: flagProblems } = parseFlags(args[0] === "run" ? args.slice(1) : args);
  const { config, problems, notices } = resolveConfig(user);
  // What is right and insecure is for whoever gave the values to decide.
  const idle = notices.filter((notice) => notice.includes("has no effect"));
  const wrong = [...flagProblems, ...problems, ...idle];
  if (config === null || wrong.length > 0) {
    throw new Error(`Cannot read ${args.join(" ")}: ${JSON.stringify(wrong)}`);
  }
  return config;
}
