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
  const exported = exportsIn(await readAssetText("src/mod.ts"));
  const helpers = exportsIn(await readAssetText("src/helpers/mod.ts"));
  const wanted = new Set([...exported, ...helpers].flatMap(({ types }) => types));
  const paths = [
    ...exported.map(({ path }) => `src/${path}`),
    ...helpers.map(({ path }) => `src/helpers/${path}`),
  ];
  const sources = await Promise.all([...new Set(paths)].map((path) => readAssetText(path)));
  const names = helpers.flatMap(({ values }) => values);
  const members = sources.flatMap((source) => membersIn(source, names))
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
  const all = sources.flatMap(declarationsIn)
    .map((one) => one.name === "Helpers" ? asInterface(one, members) : one);
  addNeeded(wanted, all);
  return [header, ...all.filter(({ name }) => wanted.has(name)).map(({ text }) => text + "\n")]
    .join("\n");
}

/** What a module exports by name from others. */
function exportsIn(source: string) {
  const pattern = /^export (type )?\{([^}]*)\} from "\.\/(.*)";$/gm;
  return [...source.matchAll(pattern)].map(([, isType, names = "", path = ""]) => {
    const all = [...names.matchAll(/(type )?\b(\w+)/g)];
    const isOfType = ([, type]: RegExpMatchArray) => (isType ?? type) !== undefined;
    const nameOf = ([, , name = ""]: RegExpMatchArray) => name;
    return {
      path,
      types: all.filter(isOfType).map(nameOf),
      values: all.filter((one) => !isOfType(one)).map(nameOf),
    };
  });
}

/** Exported types as `deno fmt` leaves them: each ends where a blank line is followed by no indent. */
function declarationsIn(source: string): Declaration[] {
  const pattern =
    /(?:^\/\*\*(?:(?!\*\/)[^])*\*\/\n)?^export (?:interface|type) (\w+)[^]*?(?=\n\n(?=\S)|\n*$(?![^]))/gm;
  return [...source.matchAll(pattern)].map(([text, name = ""]) => ({ name, text }));
}

/** Exported functions and constants as members of an interface, with the first paragraph about each. */
function membersIn(source: string, names: readonly string[]): Declaration[] {
  const pattern =
    /^\/\*\*\n?((?:(?!\*\/)[^])*)\*\/\nexport (?:const (\w+): ([^=]*) =|function (\w+)(<.*?>)?\(([^]*?)\): (.*) \{$)/gm;
  return [...source.matchAll(pattern)].flatMap((match) => {
    const [, comment = "", constant, type, name = "", generics = "", parameters = "", result] =
      match;
    if (!names.includes(constant ?? name)) return [];
    const about = comment.replace(/^ ?\* ?/gm, "").trim().split(/\n\s*\n/, 1)[0]!.trim();
    const code = constant === undefined
      ? `${name}${generics}(${parametersIn(parameters).join(", ")}): ${result};`
      : `readonly ${constant}: ${type};`;
    return [{ name: constant ?? name, text: `${commentOf(about)}\n  ${code}` }];
  });
}

function commentOf(about: string): string {
  return about.includes("\n")
    ? `  /**\n${about.split("\n").map((line) => `   * ${line}`).join("\n")}\n   */`
    : `  /** ${about} */`;
}

/** Those with a default value are optional, and numbers where they have no type. */
function parametersIn(text: string): string[] {
  return text.split(/,\s(?![^<]*>)/).filter((one) => one.trim() !== "").map((one) => {
    const match = /^\s*(\w+\??)(?:: ([^=]*?))?(?: = ([^]*?))?,?\s*$/.exec(one);
    if (match === null) throw new SyntaxError(`Cannot read the parameter ${one}: it has no name`);
    const [, name, type = "number", value] = match;
    return `${name}${value === undefined ? "" : "?"}: ${type}`;
  });
}

function asInterface(
  { name, text }: Declaration,
  members: readonly Declaration[],
): Declaration {
  const comment = text.slice(0, text.indexOf("export "));
  const body = members.map(({ text }) => text).join("\n");
  return { name, text: `${comment}export interface ${name} {\n${body}\n}` };
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
