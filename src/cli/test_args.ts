/** The flags of `test`, checked all at once. */

import { goldenPath } from "../authoring/golden.ts";
import { isRemote } from "../settings/paths.ts";
import { phrase, type Problem } from "../settings/problem.ts";
import { checkTable } from "../settings/check_table.ts";
import { checkStreamFiles, resolveConfig } from "../config/resolve_config.ts";
import type { LogConfig } from "../log/log.ts";
import type { StreamConfig } from "../stream/settings.ts";
import { complete, number, type Setting, text, toggle } from "../settings/setting.ts";
import { processSettings, streamSettings } from "../config/settings.ts";
import { commandHelp } from "./command_args.ts";
import { parseTable } from "./flags.ts";
import { problemLine } from "../settings/problem_line.ts";

/** What the command line says. */
export interface TestArgs {
  /** The plugin, the model and, unless `replay` is given, the clip. */
  readonly stream: StreamConfig;
  /** A recording in place of clip and model; null = none. */
  readonly replay: string | null;
  /** Where the frames are recorded; null = nowhere. */
  readonly record: string | null;
  readonly golden: string;
  /** Write the golden file in place of comparing with it. */
  readonly update: boolean;
  readonly tolerance: number;
  readonly limitFrames: number | null;
  readonly logLevel: LogConfig["level"];
}

/** Outcome of reading the command line. */
export type ParsedTestArgs =
  | { readonly kind: "test"; readonly args: TestArgs }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "wrong"; readonly lines: readonly string[] };

const own = {
  video: text("the path of a clip", {
    group: "Stream",
    value: "CLIP",
    help: phrase`the clip to run over (this and a model, or ${"replay"})`,
  }),
  fps: streamSettings.fps,
  limit_frames: processSettings.limit_frames,
  replay: text("the path of a recording", {
    group: "Stream",
    value: "FILE",
    help: "a recording, in place of clip and model; preprocess is not called",
  }),
  record: text("the path of a recording", {
    group: "Results and limits",
    value: "FILE",
    help: phrase`write what the model answers, for ${"replay"}`,
  }),
  golden: text("the path of a golden file", {
    group: "Results and limits",
    value: "FILE",
    help: "what to compare with (by default NAME.golden.jsonl beside the plugin)",
  }),
  update: toggle({
    group: "Results and limits",
    help: "write the golden file in place of comparing with it",
  }),
  tolerance: number(0, 1, {
    group: "Results and limits",
    value: "N",
    default: 0.01,
    help: "how far numbers may differ: by N, above 1 by that share; whole ones never",
  }),
  log_level: { ...processSettings.log_level, default: "WARNING" as const },
} as const;

/** Flags of `run` about the model and the plugin that mean nothing to one request at a time. */
const idle = ["use_case", "watch", "inference_executors"];

/** The others make sense here too. */
const shared: Readonly<Record<string, Setting>> = Object.fromEntries(
  Object.entries(streamSettings).filter(([name, { group }]) => {
    return (group === "Model" || group === "Use case") && !idle.includes(name);
  }),
);

/** Reads the arguments after `test`. */
export async function readTestArgs(args: readonly string[]): Promise<ParsedTestArgs> {
  const parsed = parseTable(args, { ...own, ...shared }, 1);
  if (parsed.help) return { kind: "help", text: helpText() };
  const { given, operands: [plugin] } = parsed;
  const problems: Problem[] = [...parsed.problems];
  const settings = complete(own, checkTable(own, given, problems));
  const stream = await resolveStream(given, plugin, problems);
  const golden = settings.golden ?? goldenPath(plugin ?? "");
  if (golden === null) {
    problems.push({ setting: "golden", message: "missing, it is required with a plugin's URL" });
  }
  if (golden === null || stream === null || problems.length > 0) {
    return { kind: "wrong", lines: problems.map(problemLine) };
  }
  return {
    kind: "test",
    args: {
      stream,
      golden,
      replay: settings.replay,
      record: settings.record,
      update: settings.update,
      tolerance: settings.tolerance,
      limitFrames: settings.limitFrames,
      logLevel: settings.logLevel,
    },
  };
}

function helpText(): string {
  return commandHelp(
    {
      usage: "test PLUGIN (--video CLIP … | --replay FILE) [flags]",
      description: "Runs a plugin over a clip and a model, or over a recording of what the model " +
        "answered, and compares what it says with its golden file. Exit code 0: as expected, " +
        "1: different, or the plugin failed, 2: it could not be run. What the plugin sends with fetch stays here, unless " +
        "--allow_plugin net=… says otherwise.",
    },
    { ...own, ...shared },
  );
}

/** The stream that a run with the same flags would have. Adds what is wrong to `problems`. */
async function resolveStream(
  given: Readonly<Record<string, unknown>>,
  plugin: string | undefined,
  problems: Problem[],
): Promise<StreamConfig | null> {
  const { video, fps, replay } = given;
  const ours = Object.entries(given).filter(([name]) => Object.hasOwn(shared, name));
  const replaying = replay !== undefined;
  const model = ours.filter(([name]) => shared[name]?.group === "Model");
  if (replaying) {
    const unused = ["video", "fps", "record"].filter((name) => given[name] !== undefined);
    for (const setting of [...unused, ...model.map(([name]) => name)]) {
      problems.push({
        setting,
        message: phrase`has no effect with ${"replay"}, leave one of the two out`,
      });
    }
  }
  // A recording stands for both clip and model, which is why both settings name it.
  const place = replaying
    ? { stream_url: replay, model_path: replay }
    : { stream_url: video, fps, ...Object.fromEntries(model) };
  const rest = Object.fromEntries(ours.filter((entry) => !model.includes(entry)));
  const user = { process: {}, streams: [{ ...rest, ...place, use_case: plugin }] };
  const { config, problems: found, streams } = resolveConfig(user);
  const files = await checkStreamFiles(streams);
  if (plugin === undefined) {
    problems.push({
      setting: null,
      value: "PLUGIN",
      message: "missing, must be the path or URL of a plugin",
    });
  }
  for (const problem of [...found, ...files]) {
    if (problem.setting === "fps" || replaying && problem.setting === "model_path") continue;
    problems.push(renamed(problem, replaying ? "replay" : "video"));
  }
  if (typeof video === "string" && (isRemote(video) || /^\/dev\//.test(video))) {
    problems.push({ setting: "video", value: video, message: "must be the path of a clip" });
  }
  const stream = config?.streams[0];
  if (stream === undefined) return null;
  const { useCase } = stream;
  return useCase.granted.net === undefined
    ? { ...stream, useCase: { ...useCase, withholdsNet: true } }
    : stream;
}

/** A problem of `run`'s settings in the words of this command. */
function renamed(problem: Problem, place: "video" | "replay"): Problem {
  switch (problem.setting) {
    case "stream_url":
      return problem.value === undefined
        ? { setting: place, message: phrase`missing, give a clip, or a recording with ${"replay"}` }
        : { ...problem, setting: place };
    case "use_case":
      return { ...problem, setting: null };
    default:
      return problem;
  }
}
