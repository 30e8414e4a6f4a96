/** The help of a command whose flags are a table of settings of its own. */

import { Command, Option } from "commander";
import type { Setting } from "../settings/setting.ts";

/** What the help says beside the flags. */
export interface CommandAbout {
  /** The command with what stands behind it, such as `new NAME [flags]`. */
  readonly usage: string;
  readonly description: string;
}

/** The program as the user starts it. */
export const PROGRAM = Deno.build.standalone ? "sightline" : "deno run -A main.ts";

/** Wrapped at the terminal's width; 80 columns where there is no terminal. */
export function commandHelp(
  { usage, description }: CommandAbout,
  settings: Readonly<Record<string, Setting>>,
): string {
  const command = new Command(PROGRAM).usage(usage).description(description).helpOption(false)
    .configureHelp({ minWidthToWrap: 20 });
  for (const [name, setting] of Object.entries(settings)) {
    const flag = setting.value === undefined ? `--${name}` : `--${name} <${setting.value}>`;
    const { default: fallback } = setting;
    const isShown = typeof fallback === "string" || typeof fallback === "number";
    command.addOption(new Option(flag, setting.help + (isShown ? ` [${fallback}]` : "")));
  }
  return command.helpInformation();
}
