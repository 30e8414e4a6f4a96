/** Generates `src/contract.ts` from what `src/mod.ts` exports (`deno task contract`). */

import { readAssetText } from "../assets.ts";

const header = `/**
 * The contract between Sightline and a plugin in one module without imports, so that a plugin in any
 * folder can name it in a type-only import, with nothing installed. \`deno task contract\` makes it of
 * the types that \`src/mod.ts\` exports: change those, not this file.
 *
 * @module
 */
`;

/** One exported type with its doc comment. */
interface Declaration {
  readonly name: string;
  readonly text: string;
}

/** The text of the contract, as the sources stand now. */
export async function contractText(): Promise<string> {
  const exported = [
    ...(await readAssetText("src/mod.ts")).matchAll(/^export type \{([^}]*)\} from "\.\/(.*)";$/gm),
  ];
  const wanted = new Set(exported.flatMap(([, names = ""]) => names.match(/\w+/g) ?? []));
  const modules = await Promise.all(exported.map(([, , path]) => readAssetText(`src/${path}`)));
  const all = modules.flatMap(declarationsIn);
  addNeeded(wanted, all);
  return [header, ...all.filter(({ name }) => wanted.has(name)).map(({ text }) => text + "\n")]
    .join("\n");
}

/** Exported types as `deno fmt` leaves them: each ends where a blank line is followed by no indent. */
function declarationsIn(source: string): Declaration[] {
  const pattern =
    /(?:^\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^export (?:interface|type) (\w+)[^]*?(?=\n\n(?=\S)|\n*$(?![^]))/gm;
  return [...source.matchAll(pattern)].map(([text, name = ""]) => ({ name, text }));
}

/** Types that the wanted ones are made of are wanted too. */
function addNeeded(wanted: Set<string>, all: readonly Declaration[]): void {
  for (let before = 0; before < wanted.size;) {
    before = wanted.size;
    for (const { name, text } of all) {
      if (!wanted.has(name)) continue;
      for (const other of all) {
        const code = text.replace(/\/\*\*[^]*?\*\//g, "");
        if (new RegExp(`\\b${other.name}\\b`).test(code)) wanted.add(other.name);
      }
    }
  }
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("../contract.ts", import.meta.url), await contractText());
}
