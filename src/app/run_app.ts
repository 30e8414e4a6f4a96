/** Runs a configuration to its end, and makes an exit code of it. */

import type { Logger } from "@logtape/logtape";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import type { SecretMask } from "../log/secret_mask.ts";
import { describeFailure } from "../stream/describe_failure.ts";
import type { Summary } from "../stream/summary.ts";
import { UseCaseError } from "../use_case/use_case_error.ts";
import { App, type StreamFailure } from "./app.ts";
import { type Culprit, PluginFailure } from "./plugin_failure.ts";

/** How a run ended. */
export interface AppOutcome {
  /** 0: the sources ended, a limit was reached, or it was stopped; 1: it cannot go on; 2: bad input. */
  readonly exitCode: 0 | 1 | 2;
  /** Records were lost, which the log tells of: the exit code is 1 however it came to its end. */
  readonly recordsLost?: boolean;
  /** One line for the operator when the exit code is not 0. */
  readonly message?: string;
  /** The plugin that is the bad input. */
  readonly culprit?: Culprit;
  /** What became of each stream that was begun. */
  readonly summaries: readonly Summary[];
}

/** What happens to a run from outside. */
export interface AppEvents {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Secrets of the configuration; those that are read later on are added. @default {none} */
  readonly secrets?: SecretMask;
  /** Called when everything is open. @default {nothing is done} */
  readonly onOpen?: (app: App) => void;
  /** Configurations to take up, each when the one before is in effect. */
  readonly changes?: AsyncIterable<ResolvedConfig>;
}

/** Runs every stream of the configuration until all have ended or the signal aborts. */
export async function runApp(
  config: ResolvedConfig,
  logger: Logger,
  { signal, secrets, changes, onOpen }: AppEvents,
): Promise<AppOutcome> {
  let app: App | undefined;
  using _hangup = onHangup(() => {
    logger.getChild("sink").info("Opening the files of records again on SIGHUP");
    app?.reopenSinks();
  });
  try {
    await using opened = app = await App.open(config, logger, secrets);
    using limit = afterDuration(config.limits.durationMs);
    onOpen?.(opened);
    if (changes !== undefined) follow(opened, changes);
    await opened.run(signal, limit.signal);
  } catch (error) {
    const culprit = error instanceof PluginFailure ? { culprit: error.culprit } : {};
    return {
      exitCode: culprit.culprit ? 2 : 1,
      message: describeFailure(error),
      ...culprit,
      summaries: [],
    };
  }
  // Last of all: by now every sink is closed, so nothing comes behind them on stdout.
  const ended = verdict(app.failures, config);
  const { line, isLossy: recordsLost } = app.sinkTotals;
  if (line !== null) logger.getChild("sink")[recordsLost ? "error" : "info"]("{line}", { line });
  const isLossy = recordsLost || app.eventsLost > 0;
  const exitCode = isLossy && ended.exitCode === 0 ? 1 : ended.exitCode;
  return { ...ended, exitCode, recordsLost: isLossy, summaries: app.summaries };
}

async function follow(app: App, changes: AsyncIterable<ResolvedConfig>): Promise<void> {
  for await (const config of changes) await app.apply(config);
}

/** Calls back at each SIGHUP, which then does not end the process. */
function onHangup(listener: () => void): Disposable {
  if (Deno.build.os === "windows") return { [Symbol.dispose]: () => undefined };
  Deno.addSignalListener("SIGHUP", listener);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGHUP", listener) };
}

/** What failures of streams mean for the whole: the others have run to their ends. */
function verdict(
  failures: readonly StreamFailure[],
  { streams }: ResolvedConfig,
): Pick<AppOutcome, "exitCode" | "message" | "culprit"> {
  const [first] = failures;
  if (first === undefined) return { exitCode: 0 };
  const { error, config: stream } = first;
  if (streams.length === 1) {
    const message = describeFailure(error);
    if (!isBadInput(error)) return { exitCode: 1, message };
    const culprit = error instanceof PluginFailure
      ? error.culprit
      : { stream, setting: "use_case" } as const;
    return { exitCode: 2, message, culprit };
  }
  const names = failures.map(({ config }) => config.name).join(", ");
  const message = `${failures.length} of ${streams.length} streams could not go on: ${names}`;
  const nothingRan = failures.length >= streams.length &&
    failures.every(({ error }) => isBadInput(error));
  return { exitCode: nothingRan ? 2 : 1, message };
}

/** A plugin that cannot be loaded, refuses its options or cannot feed its model. */
function isBadInput(error: unknown): boolean {
  return error instanceof UseCaseError || error instanceof PluginFailure;
}

/** A signal that aborts after so many milliseconds; null = never. */
function afterDuration(durationMs: number | null): Disposable & { readonly signal: AbortSignal } {
  const limit = new AbortController();
  const timer = durationMs === null ? undefined : setTimeout(() => limit.abort(), durationMs);
  return { signal: limit.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
