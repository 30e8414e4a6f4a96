/** `check`: what is wrong with a configuration, or what it comes to. */

import type { Logger } from "@logtape/logtape";
import { stringify } from "yaml";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import { escapeControls } from "../log/escape.ts";
import { startLog } from "../log/log.ts";
import { maskSecrets } from "../log/mask.ts";
import { SecretMask } from "../log/secret_mask.ts";
import { type CommandLine, readCommandLine } from "./command_line.ts";
import {
  effectiveFfmpeg,
  effectiveProcess,
  type EffectiveSetting,
  effectiveStream,
} from "./effective.ts";
import { print, printError, printJson } from "./print.ts";
import { type Probed, probeFormats } from "../app/probe_formats.ts";
import { quoteForShell } from "./quote_for_shell.ts";

const usage = `Usage: check CONFIG [--probe] [--connect] [--json] [flags of run]

Says everything that is wrong with a configuration file, or shows the settings that hold for each
stream and the ffmpeg that will read each camera, without passwords. Nothing is started.

  --probe    ask models and use cases which pictures they take, and show those in place of <width> …
  --connect  reach every camera, model and destination once, and show what was found in a table;
             nothing is sent that could be taken for an event
  --json     print JSON

Exit code 0: right, 1: --probe or --connect got no answer, 2: wrong.
`;

type Right = Extract<CommandLine, { kind: "right" }>;

/** One ffmpeg. */
interface CameraReport {
  readonly camera: string;
  readonly streams: readonly string[];
  readonly ffmpeg: readonly string[];
}

/** Reads the configuration, and prints the problems or the result. */
export async function check(args: string[], signal: AbortSignal): Promise<number> {
  const own = new Set(["--probe", "--connect", "--json"]);
  const [first, ...rest] = args.filter((arg) => !own.has(arg));
  if (first === undefined) {
    printError("check: no configuration is named, as in check sightline.yaml; --help shows more");
    return 2;
  }
  const isFile = !first.startsWith("-");
  const words = isFile ? ["--config", first, ...rest] : [first, ...rest];
  const commandLine = await readCommandLine(words);
  switch (commandLine.kind) {
    case "help":
      await print(usage);
      return 0;
    case "wrong":
      for (const line of commandLine.lines) printError(line);
      return 2;
  }
  const { config, notices } = commandLine;
  const secrets = new SecretMask(commandLine.secrets);
  const { logger } = startLog({ level: "ERROR", format: "text" }, secrets.mask);
  if (args.includes("--connect")) {
    return await connect(config, args.includes("--json"), secrets, logger, signal);
  }
  const probed = args.includes("--probe") ? await probeFormats(config, logger, signal) : null;
  const cameras = describeCameras(config, probed);
  if (args.includes("--json")) await printJson(asJson(commandLine, cameras, probed), 2);
  else await print(asText(commandLine, cameras, probed));
  for (const notice of notices) printError(`Notice: ${notice}`);
  for (const failure of probed?.failures ?? []) {
    printError(`Cannot probe ${secrets.mask(failure)}`);
  }
  return probed !== null && probed.failures.length > 0 ? 1 : 0;
}

async function connect(
  config: ResolvedConfig,
  json: boolean,
  secrets: SecretMask,
  logger: Logger,
  signal: AbortSignal,
): Promise<number> {
  const { checkConnect } = await import("../app/check_connect.ts");
  const reached = await checkConnect(config, secrets, logger, signal);
  const width = Math.max(4, ...reached.map(({ name }) => name.length));
  if (json) await printJson(reached, 2);
  else await print(`${"WHAT".padEnd(12)}  ${"NAME".padEnd(width)}        TIME  FOUND`);
  for (const { kind, name, ok, found, ms } of json ? [] : reached) {
    const state = ok ? "ok" : "FAILED";
    await print(escapeControls(
      `${kind.padEnd(12)}  ${name.padEnd(width)}  ${`${ms} ms`.padStart(10)}  ${state}: ${found}`,
    ));
  }
  return reached.every(({ ok }) => ok) ? 0 : 1;
}

function describeCameras(config: ResolvedConfig, probed: Probed | null): CameraReport[] {
  const cameras = Map.groupBy(config.streams, ({ camera }) => camera);
  return [...cameras].map(([camera, streams]) => {
    const args = effectiveFfmpeg(streams, probed?.formats ?? new Map(), config.visualizer !== null);
    return {
      camera,
      streams: streams.map(({ name }) => name),
      // No other password is in there, and a thousand cameras have a thousand of them.
      ffmpeg: args.map((arg) => maskSecrets(arg, streams[0]!.source.url)),
    };
  });
}

function describeStreams({ config, shown }: Right): [name: string, settings: EffectiveSetting[]][] {
  return config.streams.map((stream) => {
    const given = shown.streams.find(({ stream_name }) => stream_name === stream.name);
    // A single stream that was given by flags needs no name.
    return [stream.name, effectiveStream(given ?? shown.streams[0] ?? {}, stream)];
  });
}

function asJson(right: Right, cameras: readonly CameraReport[], probed: Probed | null): unknown {
  const plain = (settings: readonly EffectiveSetting[]) =>
    Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  return {
    process: plain(effectiveProcess(right.shown)),
    streams: Object.fromEntries(
      describeStreams(right).map(([name, settings]) => [name, plain(settings)]),
    ),
    cameras,
    notices: right.notices,
    ...(probed === null ? {} : {
      formats: Object.fromEntries(probed.formats),
      failures: probed.failures,
    }),
  };
}

function asText(right: Right, cameras: readonly CameraReport[], probed: Probed | null): string {
  const { streams } = right.config;
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const name = right.file?.path ?? "The command line";
  const isOpen = cameras.some(({ ffmpeg }) => ffmpeg.some((arg) => arg.includes("<width>")));
  return [
    `# ${name} is right: ${count(streams.length, "stream")} of ${count(cameras.length, "camera")}.`,
    "",
    ...settingLines(effectiveProcess(right.shown), ""),
    "",
    "streams:",
    ...describeStreams(right).flatMap(([name, settings], index) => [
      ...(index === 0 ? [] : [""]),
      `  ${name}:`,
      ...settingLines(settings, "    "),
    ]),
    ...cameras.flatMap(({ camera, streams, ffmpeg }) => [
      "",
      `# The ffmpeg of ${camera}${streams.length === 1 ? "" : `, for ${streams.join(", ")}`}:`,
      ...commandLines(["ffmpeg", ...ffmpeg]),
    ]),
    ...(isOpen && probed === null
      ? ["", "# What stands in <> model and use case decide: --probe asks them."]
      : []),
  ].join("\n");
}

/** Where the remark on a default begins. */
const remarkColumn = 44;

function settingLines(settings: readonly EffectiveSetting[], indent: string): string[] {
  return settings.map(({ name, value, isDefault }) => {
    const text = stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
    const line = `${indent}${name}: ${text}`;
    return isDefault ? `${line.padEnd(remarkColumn)} # default` : line;
  });
}

/** For a shell, an option with its value to a line. */
function commandLines(words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "#  ";
  for (const [index, word] of words.entries()) {
    const next = words[index + 1];
    const isOption = word.startsWith("-") && next !== undefined && !next.startsWith("-");
    const needed = word.length + (isOption ? next.length + 1 : 0);
    if (line.length + needed > 96 && word.startsWith("-")) {
      lines.push(`${line} \\`);
      line = "#    ";
    }
    line += ` ${quoteForShell(word)}`;
  }
  return [...lines, line];
}
