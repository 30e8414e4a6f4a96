/** `test`: runs a plugin over a clip or a recording, and compares with its golden file. */

import type { Logger } from "@logtape/logtape";
import { contentRectAdvice } from "../authoring/content_rect_advice.ts";
import { compareEntries, readGolden, writeGolden } from "../authoring/golden.ts";
import { PluginCallError, PluginCalls } from "../authoring/plugin_calls.ts";
import { openRecording, RecordingWriter } from "../authoring/recording.ts";
import { trialStream } from "../authoring/trial_frame.ts";
import { type Entry, runTrial, type Trial } from "../authoring/trial.ts";
import { captureConsole } from "../log/capture_console.ts";
import { childName } from "../log/child_name.ts";
import { startLog } from "../log/log.ts";
import { noGuard, ProcessGuard } from "../process_guard.ts";
import { describeFailure } from "../stream/describe_failure.ts";
import { PluginPool } from "../use_case/plugin_pool.ts";
import { print, printError } from "./print.ts";
import { readTestArgs, type TestArgs } from "./test_args.ts";

/** Differences that are shown; of the others only the number is told. */
const maxShown = 20;

/** Runs the test; resolves to the exit code: 0 as expected, 1 different, 2 it could not be run. */
export async function testPlugin(argv: string[], signal: AbortSignal): Promise<number> {
  const parsed = await readTestArgs(argv);
  switch (parsed.kind) {
    case "help":
      await print(parsed.text);
      return 0;
    case "wrong":
      for (const line of parsed.lines) printError(line);
      return 2;
  }
  const { args } = parsed;
  const { logger } = startLog({ level: args.logLevel, format: "text" });
  using _console = captureConsole(logger.getChild("console"));
  try {
    return await runTest(args, logger, signal);
  } catch (error) {
    if (error instanceof PluginCallError) {
      const places = error.trace.map((place) => `\n    at ${place}`).join("");
      await print(`frame ${error.sequence}: the plugin failed: ${error.message}${places}`);
      return 1;
    }
    printError(describeFailure(error));
    return 2;
  }
}

/** What a trial gave, and what it took. */
interface Outcome extends Trial {
  readonly name: string;
  readonly tookMs: number;
  readonly pluginMs: number;
  /** Errors that no call waited for. */
  readonly uncaught: number;
}

async function runTest(args: TestArgs, logger: Logger, signal: AbortSignal): Promise<number> {
  const { golden, update, record } = args;
  const expected = update ? null : await readGolden(golden);
  if (expected === null && !update && record === null) {
    printError(`Cannot compare with ${golden}: it does not exist; --update writes it`);
    return 2;
  }
  const outcome = await runPlugin(args, logger, signal);
  if (signal.aborted) return 2;
  if (update) await writeGolden(golden, outcome.entries);
  const code = expected === null ? 0 : await report(expected, outcome, args);
  const { name, entries, tookMs, pluginMs } = outcome;
  const frames = entries.length;
  const verdict = update
    ? `written to ${golden}`
    : expected === null
    ? `not compared, since there is no ${golden}; --update writes it`
    : code === 0
    ? `as in ${golden}`
    : `not as in ${golden}; --update accepts them`;
  await print(
    `${name}: ${frames} frames, ${verdict}\n` +
      `${Math.round(frames * 1000 / tookMs)} frames a second; ` +
      `${(pluginMs / Math.max(1, frames)).toFixed(2)} ms a frame in the plugin` +
      (record === null ? "" : `; recorded to ${record}`),
  );
  const advice = outcome.hasBoxesInPart
    ? await contentRectAdvice(args.stream.useCase.module)
    : null;
  if (advice !== null) logger.getChild(childName(name)).warn("{advice}", { advice });
  if (outcome.uncaught === 0) return code;
  const errors = outcome.uncaught === 1 ? "1 error" : `${outcome.uncaught} errors`;
  await print(`${name}: ${errors} in timers or promises that no call waits for, see the log`);
  return 1;
}

/** Shows the differences; resolves to the exit code. */
async function report(
  expected: readonly Entry[],
  { entries }: Outcome,
  { limitFrames, tolerance }: TestArgs,
): Promise<number> {
  const wanted = expected.filter(({ sequence }) => sequence < (limitFrames ?? Infinity));
  const differences = compareEntries(wanted, entries, tolerance);
  for (const { sequence, path, expected, got } of differences.slice(0, maxShown)) {
    const where = [`frame ${sequence}`, ...(path === "" ? [] : [path])].join(", ");
    await print(`${where}: expected ${expected}, got ${got}`);
  }
  const more = differences.length - maxShown;
  if (more > 0) await print(`… and ${more} more differences`);
  return differences.length === 0 ? 0 : 1;
}

async function runPlugin(args: TestArgs, logger: Logger, signal: AbortSignal): Promise<Outcome> {
  const { stream: { useCase, binaryInput, source, inference }, limitFrames } = args;
  await using owned = new AsyncDisposableStack();
  // The guard is a process itself, which a recording and a Worker do without.
  const isAlone = args.replay !== null && useCase.isolation === "worker";
  const guard = isAlone ? noGuard : owned.use(new ProcessGuard());
  const plugins = new PluginPool(logger, () => guard);
  const plugin = owned.use(await plugins.start(useCase, trialStream, logger));
  const calls = new PluginCalls();
  // Clip and model are loaded only when they are needed.
  const from = args.replay !== null ? owned.use(await openRecording(args.replay)) : owned.use(
    await (await import("../authoring/clip.ts")).Clip.open(source, inference, logger, signal),
  );
  const host = owned.use(await plugin.open({ model: from.model, binaryInput }));
  const recording = args.record === null
    ? null
    : owned.use(await RecordingWriter.open(args.record, from.model));
  const startedAtMs = performance.now();
  const frames = from.frames(host, calls);
  const trial = await runTrial(frames, host, calls, limitFrames, recording);
  const tookMs = performance.now() - startedAtMs;
  if (!signal.aborted) await recording?.finish();
  // What is still under way ends with it.
  await host[Symbol.asyncDispose]();
  const { name, uncaught } = plugin;
  return { ...trial, name, tookMs, pluginMs: calls.totalMs, uncaught };
}
