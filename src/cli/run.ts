/** `run`: analyse a stream. */

import { captureConsole } from "../log/capture_console.ts";
import { startLog } from "../log/log.ts";
import { maskSecrets } from "../log/mask.ts";
import type { AllowDrain } from "./lifetime.ts";
import { readCommandLine } from "./command_line.ts";
import { print, printError } from "./print.ts";
import { problemLine } from "../config/problem_line.ts";

/** Reads the command line, says everything that is wrong with it, or runs the app until it ends. */
export async function run(
  args: string[],
  signal: AbortSignal,
  allowDrain: AllowDrain,
): Promise<number> {
  const commandLine = await readCommandLine(args);
  switch (commandLine.kind) {
    case "help": {
      const { helpText } = await import("./help.ts");
      await print(helpText());
      return 0;
    }
    case "wrong":
      for (const line of commandLine.lines) printError(line);
      if (args.length === 0) printError("--help shows every flag, and examples");
      return 2;
  }
  const { config, notices } = commandLine;
  allowDrain(config.limits.drainMs);
  const urls = config.streams.flatMap(({ source, inference, useCase }) => [
    source.url,
    useCase.module,
    ...(inference.kind === "server" ? [inference.url] : []),
  ]);
  const mask = (text: string) => urls.reduce(maskSecrets, text);
  const { logger } = startLog({ ...config.log, mask });
  for (const notice of notices) logger.warning(notice);
  using _console = captureConsole(logger.getChild("console"));
  const { runApp } = await import("../app/run_app.ts");
  const { exitCode, message, culprit, summaries } = await runApp(config, logger, { signal });
  if (config.benchmark) { for (const summary of summaries) await print(JSON.stringify(summary)); }
  if (message === undefined) return exitCode;
  if (culprit !== undefined) {
    // Bad input that only shows on opening is the plugin's: all else was checked before.
    const value = culprit.useCase.module;
    printError(mask(problemLine({ setting: "use_case", value, message })));
  } else {
    logger.error("{message}", { message });
  }
  return exitCode;
}
