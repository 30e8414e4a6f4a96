/** Why a plugin's module does not load, in the words of its author's source. */

import * as helpers from "../../helpers/mod.ts";
import { nearest } from "../../settings/nearest.ts";
import { messageOf, stackOf } from "./error_text.ts";

const ownModule = new URL("../../mod.ts", import.meta.url).href;
const missingExport =
  /^The requested module '(\S+)' does not provide an export named '(.+?)'(?: at (\S+:\d+:\d+))?$/;

/** The name of a module's copy, which its author did not write. */
const copyOfModule = /-[0-9a-f]{16}\.mjs$/;

/** What is wrong, and where, as a stack that the host maps to the source. */
export function loadProblem(error: unknown): { readonly problem: string; readonly stack: string } {
  const message = messageOf(error);
  const [, module, name = "", place] = missingExport.exec(message) ?? [];
  if (module === undefined) return { problem: message, stack: stackOf(error) };
  const isOwn = module === ownModule;
  const meant = isOwn ? nearest(name, Object.keys(helpers)) : null;
  const from = isOwn
    ? "@sightline/sightline"
    : copyOfModule.test(module)
    ? "the file that it names"
    : module;
  const guess = meant === null ? "" : `, did you mean ${meant}?`;
  return {
    problem: `it imports "${name}", which ${from} does not export${guess}`,
    stack: place === undefined ? "" : `    at ${place}`,
  };
}
