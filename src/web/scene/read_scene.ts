/** Zones, lines and masks as somebody would paste them into the configuration file. */

import { parse } from "yaml";
import { polygonOf } from "../../objects/hide_masks.ts";
import { type SceneConfig, sceneConfig, sceneSettings } from "../../objects/settings.ts";
import { checkWhole } from "../../settings/check_table.ts";
import type { Problem } from "../../settings/problem.ts";
import { asKey, sentence } from "../../settings/problem_line.ts";

/** More than a picture has room for, and what a minute's counting can take. */
const most = { zones: 32, lines: 32, masks: 32, corners: 64 };

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
    given = parse(text, { maxAliasCount: 0, logLevel: "silent" }) ?? {};
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

function inWords({ setting, within = [], element, message }: Problem): SceneProblem {
  const place = element === undefined ? [] : [String(element + 1)];
  return {
    setting: [setting ?? "yaml", ...place, ...within].join("."),
    message: sentence(message, asKey),
  };
}
