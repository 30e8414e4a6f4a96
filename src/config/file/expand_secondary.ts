/** Names of models and use cases within `secondary` give way to what they stand for. */

import { secondarySettings } from "../../stream/settings.ts";
import { isName } from "../../use_case/settings.ts";
import { shippedPlugins } from "../../use_case/shipped_plugins.ts";
import type { FileProblem } from "./file_problem.ts";
import type { Layer, Located } from "./layer.ts";
import { nearestOf, type Sections } from "./read_sections.ts";

type Block = Readonly<Record<string, unknown>>;

/** What the library's entries say comes first, then what the block says; null for an unknown name. */
export function expandSecondary(
  given: Located,
  { models, useCases }: Pick<Sections, "models" | "useCases">,
  problems: FileProblem[],
): Located | null {
  const { value } = given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return given;
  const block = value as Block;
  const before = problems.length;
  const library = (
    key: "model" | "use_case",
    known: ReadonlyMap<string, Layer>,
    more: readonly string[] = [],
  ) => {
    const name = block[key];
    if (name === undefined || key === "use_case" && !isName(name)) return undefined;
    const found = typeof name === "string" ? known.get(name) : undefined;
    if (found !== undefined) return found;
    if (more.includes(name as string)) return undefined;
    const what = key.replace("_", " ");
    problems.push({
      setting: `${given.path}.${key}`,
      value: name,
      place: given.place,
      message: typeof name === "string"
        ? `unknown ${what}, ${nearestOf(name, known, more)}`
        : `must be the name of a ${what}`,
    });
    return undefined;
  };
  const model = library("model", models);
  const useCase = library("use_case", useCases, shippedPlugins);
  // What else is wrong with the block may follow from that.
  if (problems.length > before) return null;
  const join = (own: Block, valueOf: (located: Located) => unknown): Block => {
    const { model: _model, use_case, ...rest } = own;
    const isPlugin = use_case !== undefined && useCase === undefined;
    return {
      ...said(model, valueOf),
      ...said(useCase, valueOf),
      ...rest,
      ...(isPlugin && { use_case }),
    };
  };
  // Paths as they are used, options as they were written.
  const { use_case_options } = given.written as Block;
  const shown = use_case_options === undefined ? block : { ...block, use_case_options };
  return {
    ...given,
    value: join(block, ({ value }) => value),
    written: join(shown, ({ value, written }) => written ?? value),
  };
}

/** What an entry of the library says that means something to a secondary model. */
function said(layer: Layer | undefined, valueOf: (located: Located) => unknown): Block {
  const values = [...layer?.values ?? []].filter(([name]) =>
    Object.hasOwn(secondarySettings, name)
  );
  return Object.fromEntries(values.map(([name, located]) => [name, valueOf(located)]));
}
