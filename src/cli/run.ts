/** `run`: analyse a stream. */

import { basename } from "node:path";
import { pause } from "../backoff.ts";
import { ConfigWatch } from "../config/config_watch.ts";
import type { App } from "../app/app.ts";
import type { ResolvedConfig, UserConfig } from "../config/resolve_config.ts";
import { captureConsole } from "../log/capture_console.ts";
import { startLog } from "../log/log.ts";
import { SecretMask } from "../log/secret_mask.ts";
import type { StreamConfig } from "../stream/settings.ts";
import type { Summary } from "../stream/summary.ts";
import type { Ending } from "./lifetime.ts";
import { readCommandLine } from "./command_line.ts";
import { print, printError, printJson } from "./print.ts";
import { asFlag, problemText } from "../settings/problem_line.ts";

/** Milliseconds for the summary after records were lost. */
const lastWordsMs = 500;

/**
 * Reads the command line, says everything that is wrong with it, or runs the app until it ends.
 * `onOpen` is called when everything is open, before the first frame.
 */
export async function run(
  args: string[],
  signal: AbortSignal,
  ending: Ending,
  onOpen: (app: App) => void = () => {},
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
  const { config, notices, file } = commandLine;
  ending.allowDrain(config.limits.drainMs);
  const secrets = new SecretMask(commandLine.secrets);
  const { logger } = startLog(config.log, secrets.mask);
  for (const notice of notices) logger.warn(notice);
  for (const line of firstContact(config, commandLine.shown)) logger.info(line);
  using _console = captureConsole(logger.getChild("console"));
  await using changes = file && await ConfigWatch.open(
    file,
    async function reload() {
      const again = await readCommandLine(args);
      if (again.kind !== "right") {
        const lines = again.kind === "wrong" ? again.lines : [];
        return { config: null, lines, notices: [], files: [], texts: [] };
      }
      // Their passwords are masked from the first line on.
      secrets.add(again.secrets);
      const { files = [], texts = [] } = again.file ?? {};
      return { ...again, lines: [], files, texts };
    },
    logger.getChild("config"),
  );
  const { runApp } = await import("../app/run_app.ts");
  const { exitCode, message, culprit, recordsLost, summaries } = await runApp(config, logger, {
    signal,
    secrets,
    onOpen,
    ...(changes === null ? {} : { changes }),
  });
  if (recordsLost) ending.insist(1);
  if (config.benchmark) {
    const printed = printSummaries(summaries);
    // Who does not read records reads no summary either.
    const late = recordsLost ? [pause(lastWordsMs, new AbortController().signal)] : [];
    await Promise.race([printed, ...late]);
  }
  if (message === undefined) return exitCode;
  if (culprit !== undefined) {
    // Bad input that only shows on opening is the plugin's: all else was checked before.
    const { stream, setting } = culprit;
    const isFirst = setting === "use_case";
    const { module, options } = isFirst ? stream.useCase : stream.secondary!.useCase;
    const isOfOptions = tellsOfOptions(message, options);
    const called = isOfOptions ? `${setting}_options` : setting;
    const subject = file !== null
      ? `${file.path}: streams.${stream.name}.${called}`
      : isFirst
      ? `--${called}`
      : `--secondary: ${called.replace("secondary.", "")}`;
    const byDefault = file === null && isFirst && !isOfOptions &&
      !args.some((arg) => /^--use[_-]case(=|$)/.test(arg));
    printError(secrets.mask(problemText(
      subject,
      byDefault
        ? { message: `not given, and the default cannot be used: ${message}` }
        // The options themselves may hold a secret.
        : { ...!isOfOptions && { value: module }, message },
      asFlag,
    )));
  } else {
    logger.error("{message}", { message });
  }
  return exitCode;
}

/** Whether a plugin that refuses to start speaks of one of the options that it was given. */
function tellsOfOptions(message: string, options: unknown): boolean {
  if (options === undefined || options === null) return false;
  const words = new Set(message.match(/[\p{L}\p{N}_$-]+/gu));
  return ["options", ...namesIn(options)].some((name) => words.has(name));
}

/** Names of options, and of those of a part that an option holds. */
function namesIn(options: unknown): string[] {
  if (typeof options !== "object" || options === null) return [];
  const own = Array.isArray(options) ? [] : Object.keys(options);
  return [...own, ...Object.values(options).flatMap(namesIn)];
}

async function printSummaries(summaries: readonly Summary[]): Promise<void> {
  for (const summary of summaries) await printJson(summary);
}

/** What helps at the first try with a camera of one's own; `shown` is what was given for each stream. */
function firstContact({ streams }: ResolvedConfig, shown: UserConfig): string[] {
  const chosen = streams.filter(({ name, inference }) => {
    const given = shown.streams.find(({ stream_name }) => stream_name === name) ??
      shown.streams[0];
    return inference.kind === "none" && given?.["use_case"] === undefined;
  });
  return [
    ...(chosen.length === 0 ? [] : [
      "Without a model and a use case, motion is what is told of (--use_case motion); " +
      "--model_path or --ovms_url names a model that sees more",
    ]),
    ...(streams.some(isBeyondTheDemo)
      ? [
        "The demo's model has seen drawn streets only: on what a real camera shows, expect nothing " +
        "of it",
      ]
      : []),
  ];
}

/** A source that is no drawing of ours, looked at by the model that has learnt from drawings. */
function isBeyondTheDemo({ inference, source }: StreamConfig): boolean {
  return inference.kind === "onnx" && basename(inference.path) === "person_vehicle_bike.onnx" &&
    !/(^|\/)street(\.mp4)?$/.test(source.url);
}
