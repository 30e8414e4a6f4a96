/** `permissions`: the smallest set of Deno's flags under which a command line of `run` works. */

import { dirname, resolve } from "node:path";
import { assetUrl } from "../assets.ts";
import { type ConfigFile, readCommandLine } from "./command_line.ts";
import type { ResolvedConfig } from "../config/resolve_config.ts";
import { destinationNeeds } from "../delivery/destination_config.ts";
import { eventNeeds } from "../events/settings.ts";
import { inferenceNeeds } from "../inference/settings.ts";
import { Needs } from "../settings/needs.ts";
import { kindOf } from "../sink/sinks.ts";
import { outputNeeds } from "../output/output_kind.ts";
import { kindOfOutput } from "../output/settings.ts";
import { sourceNeeds } from "../source/needs.ts";
import { useCaseNeeds } from "../use_case/needs.ts";
import { webNeeds } from "../web/settings.ts";
import { print, printError } from "./print.ts";
import { quoteForShell } from "./quote_for_shell.ts";

const usage = `Usage: permissions [run] [flags of run]

Prints the smallest set of Deno's permission flags under which "run" with these flags works:
  deno run $(deno run -A main.ts permissions --stream_url …) main.ts --stream_url …
`;

/** Prints the flags on one line. */
export async function permissions(args: string[]): Promise<number> {
  const commandLine = await readCommandLine(args[0] === "run" ? args.slice(1) : args);
  switch (commandLine.kind) {
    case "help":
      await print(usage);
      return 0;
    case "wrong":
      for (const line of commandLine.lines) printError(line);
      return 2;
  }
  const needed = await neededPermissions(commandLine.config, commandLine.file);
  const flags = [...needed].map(([kind, values]) =>
    values === true ? `--allow-${kind}` : `--allow-${kind}=${[...values].map(quoteComma).join()}`
  );
  await print(["--no-prompt", ...flags].map(quoteForShell).join(" "));
  return 0;
}

/** A comma within a value is written twice. */
function quoteComma(value: string): string {
  return value.replaceAll(",", ",,");
}

/** What all components say they need. Values of each kind; `true` where Deno cannot be told less. */
async function neededPermissions(
  config: ResolvedConfig,
  file: ConfigFile | null,
): Promise<Needs["values"]> {
  const needs = new Needs(assetUrl(""));
  if (file !== null) {
    // Folders are watched, not files.
    for (const path of file.files) needs.add("read", dirname(resolve(path)));
    // The YAML parser looks whether it shall tell what it does.
    needs.add("env", "LOG_TOKENS", "LOG_STREAM", ...file.env);
  }
  if (needs.root.protocol !== "file:") needs.host(needs.root, "import");
  // Modules of Workers, and web pages.
  needs.readFile(new URL("src/", needs.root).href);
  // node:fs compares a file's owner with it, to tell whether the file may be read.
  needs.add("sys", "uid");
  for (const stream of config.streams) {
    const { name, secondary, sinks, destinations } = stream;
    const full = secondary !== null;
    const { outputs, ring } = stream.source;
    const drawn = outputs.some(({ boxes }) => boxes);
    const tapped = config.visualizer !== null || outputs.some(({ boxes }) => !boxes) ||
      config.events.dataDir !== null && ring.seconds > 0;
    sourceNeeds({ ...stream, tapped, full, drawn }, needs);
    if (outputs.length > 0) outputNeeds(needs);
    for (const output of outputs) kindOfOutput(output).needs(output, needs);
    for (const { inference, useCase } of full ? [stream, secondary] : [stream]) {
      inferenceNeeds(inference, needs);
      await useCaseNeeds(name, useCase, needs);
    }
    for (const sink of sinks) kindOf(sink).needs(sink, needs);
    for (const destination of destinations) destinationNeeds(destination, needs);
  }
  eventNeeds(config.events, needs);
  webNeeds(config, needs);
  return needs.values;
}
