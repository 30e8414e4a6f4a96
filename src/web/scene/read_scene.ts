/** Zones, lines and masks as a user would paste them into the configuration file. */

import { isPair, isScalar, Lexer, LineCounter, parseDocument, Parser, visit } from "yaml";
import { polygonOf } from "../../objects/hide_masks.ts";
import { type SceneConfig, sceneConfig, sceneSettings } from "../../objects/settings.ts";
import { checkWhole } from "../../settings/check_table.ts";
import type { Problem } from "../../settings/problem.ts";
import { asKey, sentence } from "../../settings/problem_line.ts";

/** More than a picture has room for, and what a minute's counting can take. */
const most = { zones: 32, lines: 32, masks: 32, corners: 64 };
/** What reading shares the thread of all frames with: more takes seconds, and no scene needs it. */
const mostYaml = { characters: 65_536, tokens: 50_000, depth: 32 };

/** What is wrong: which setting, and how. */
export interface SceneProblem {
  readonly setting: string;
  readonly message: string;
}

/** The scene, or what is wrong with the text. */
export function readScene(
  text: string,
): { readonly scene: SceneConfig; readonly problems: null } | {
  readonly scene: null;
  readonly problems: readonly SceneProblem[];
} {
  const wrong = (...problems: SceneProblem[]) => ({ scene: null, problems });
  let given: unknown;
  try {
    given = parseBounded(text) ?? {};
  } catch (error) {
    const [message] = (error as Error).message.split("\n");
    return wrong({ setting: "yaml", message: message!.replace(/:$/, "") });
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return wrong({ setting: "yaml", message: "must be a map with zones, lines or objects" });
  }
  const found: Problem[] = [];
  const values = checkWhole(sceneSettings, given as Record<string, unknown>, found);
  if (found.length > 0) return wrong(...found.map(inWords));
  const scene = sceneConfig({ ...values, track: true })!;
  const { zones, lines, objects: { masks } } = scene;
  for (const [name, list] of Object.entries({ zones, lines, masks })) {
    const bound = most[name as keyof typeof most];
    if (list.length > bound) {
      return wrong({ setting: name, message: `has ${list.length}, allowed are ${bound}` });
    }
  }
  const corners = [...zones.map(({ polygon }) => polygon), ...masks.map(polygonOf)]
    .map(({ length }) => length);
  const widest = Math.max(0, ...corners);
  if (widest > most.corners) {
    const message = `has a polygon of ${widest} corners, allowed are ${most.corners}`;
    return wrong({ setting: "zones", message });
  }
  return { scene, problems: null };
}

/** What the YAML says, in a time that grows with its length alone, whatever it holds. */
function parseBounded(text: string): unknown {
  if (text.length > mostYaml.characters) {
    throw new Error(`is above ${mostYaml.characters} characters`);
  }
  const parser = new Parser();
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    for (const part of parser.next(token)) {
      if (part.type === "error") throw new Error(part.message);
    }
    if (++tokens > mostYaml.tokens) throw new Error(`is above ${mostYaml.tokens} YAML tokens`);
    if (parser.stack.length > mostYaml.depth) {
      throw new Error(`is nested deeper than ${mostYaml.depth} levels`);
    }
  }
  const lines = new LineCounter();
  const settings = { prettyErrors: false, uniqueKeys: false, logLevel: "silent" } as const;
  const document = parseDocument(text, { ...settings, lineCounter: lines });
  const wrongAt = (message: string, offset: number) => {
    const { line, col } = lines.linePos(offset);
    return new Error(`${message} at line ${line}, column ${col}`);
  };
  const [error] = document.errors;
  if (error !== undefined) throw wrongAt(error.message, error.pos[0]);
  visit(document, {
    // The parser compares each key with all others of its map.
    Map(_, { items, range }) {
      const keys = new Set<unknown>();
      for (const item of items) {
        const key = isPair(item) && isScalar(item.key) ? item.key.value : undefined;
        const offset = (isScalar(item.key) ? item.key.range : range)?.[0] ?? 0;
        if (key === undefined) throw wrongAt("Map keys must be scalars", offset);
        if (keys.has(key)) throw wrongAt("Map keys must be unique", offset);
        keys.add(key);
      }
    },
  });
  return document.toJS({ maxAliasCount: 0 });
}

function inWords({ setting, within = [], element, message }: Problem): SceneProblem {
  const place = element === undefined ? [] : [String(element + 1)];
  return {
    setting: [setting ?? "yaml", ...place, ...within].join("."),
    message: sentence(message, asKey),
  };
}
