/** Commands that only print a text: `version`, `types` and `schema`. */

import project from "../../deno.json" with { type: "json" };
import { readAssetText } from "../assets.ts";
import { type CommandAbout, readCommand } from "./command_args.ts";
import type { Command } from "./commands.ts";
import { print } from "./print.ts";

/** Name and version. */
export const version = printing(
  { usage: "version", description: "Prints the version." },
  () => Promise.resolve(`sightline ${project.version}`),
);

/** The contract between Sightline and a plugin, as one module, for authors who keep a copy. */
export const types = printing(
  {
    usage: "types",
    description: "Prints the contract that plugins are written to, as one module.",
  },
  () => readAssetText("src/contract.ts"),
);

/** The JSON Schema of a configuration file, for editors that have no copy at hand. */
export const schema = printing(
  { usage: "schema", description: "Prints the JSON Schema of a configuration file." },
  async () => {
    const { configSchema } = await import("../config/file/json_schema.ts");
    return JSON.stringify(configSchema(), null, 2);
  },
);

function printing(about: CommandAbout, text: () => Promise<string>): Command {
  return async function printText(args) {
    const read = await readCommand(args, { ...about, table: {} });
    if (typeof read === "number") return read;
    await print(await text());
    return 0;
  };
}
