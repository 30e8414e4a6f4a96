/** `run`: analyse a stream. */

import { checkFiles } from "../config/check_files.ts";
import { resolveConfig } from "../config/resolve_config.ts";
import { startLog } from "../log/log.ts";
import { maskSecrets } from "../log/mask.ts";
import { parseFlags } from "./flags.ts";
import { printError } from "./print.ts";
import { problemLine } from "./problem_lines.ts";

/** Reads the command line, says everything that is wrong with it, or runs the app until it ends. */
export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const { user, problems: flagProblems, help } = parseFlags(args);
  if (help) return await printHelp();
  const { config, problems, notices, streams } = resolveConfig(user);
  const fileProblems = await Promise.all(streams.map(checkFiles));
  const all = [...flagProblems, ...problems, ...fileProblems.flat()];
  if (config === null || all.length > 0) return refuse(all.map(problemLine), args);

  const urls = config.streams.map((stream) => stream.source.url);
  const mask = (text: string) => urls.reduce(maskSecrets, text);
  const { logger } = startLog({ ...config.log, mask });
  for (const notice of notices) logger.warning(notice);
  const { runApp } = await import("../app.ts");
  const { exitCode, message } = await runApp(config, logger, signal);
  if (message !== undefined) {
    if (exitCode === 2) return refuse([mask(message)], args);
    logger[exitCode === 0 ? "info" : "error"]("{message}", { message });
  }
  return exitCode;
}

function refuse(lines: readonly string[], args: readonly string[]): number {
  for (const line of lines) printError(line);
  if (args.length === 0) printError("--help shows every flag, and examples");
  return 2;
}

async function printHelp(): Promise<number> {
  const [{ helpText }, { print }] = await Promise.all([import("./help.ts"), import("./print.ts")]);
  await print(helpText());
  return 0;
}
