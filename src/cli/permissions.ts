/** `permissions`: the smallest set of Deno's flags under which a command line of `run` works. */

import { assetUrl } from "../assets.ts";
import { readCommandLine } from "./command_line.ts";
import { neededPermissions } from "./needed_permissions.ts";
import { print, printError } from "./print.ts";
import { quoteForShell } from "./quote_for_shell.ts";

const HELP = `Usage: permissions [run] [flags of run]

Prints the smallest set of Deno's permission flags under which "run" with these flags works:
  deno run $(deno run -A main.ts permissions --stream_url …) main.ts --stream_url …
`;

/** Prints the flags on one line. */
export async function permissions(args: string[]): Promise<number> {
  const commandLine = await readCommandLine(args[0] === "run" ? args.slice(1) : args);
  switch (commandLine.kind) {
    case "help":
      await print(HELP);
      return 0;
    case "wrong":
      for (const line of commandLine.lines) printError(line);
      return 2;
  }
  const needed = await neededPermissions(commandLine.config, assetUrl(""), commandLine.file);
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
