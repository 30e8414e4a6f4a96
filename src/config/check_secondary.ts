/** The settings of a secondary model, which stand in a block of their own. */

import { checkTable } from "../settings/check_table.ts";
import { checkBackend, checkTls } from "./find_conflicts.ts";
import { nearest } from "../settings/nearest.ts";
import type { Problem } from "../settings/problem.ts";
import type { ValuesOf } from "../settings/setting.ts";
import { secondarySettings, type StreamSettings, streamSettings } from "./settings.ts";
import { checkFiles } from "../settings/check_files.ts";

/** Its settings, as far as they were given and right. */
export type SecondarySettings = ValuesOf<typeof secondarySettings>;

/** Reads `secondary`; null when there is none, or it is no block at all. */
export function checkSecondary(given: unknown, problems: Problem[]): SecondarySettings | null {
  if (given === undefined) return null;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    problems.push({ setting: "secondary", message: "must be a block of settings" });
    return null;
  }
  const found: Problem[] = [];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(secondarySettings, name)) continue;
    const known = Object.keys(secondarySettings);
    const closest = nearest(name, known);
    const hint = closest === null ? `known are ${known.join(", ")}` : `did you mean ${closest}?`;
    found.push({ setting: name, message: `unknown key, ${hint}` });
  }
  const block = given as Readonly<Record<string, unknown>>;
  const right = checkTable(secondarySettings, block, found);
  const has = (setting: string) => block[setting] !== undefined && block[setting] !== false;
  found.push(...checkBackend(right, has), ...checkTls(right, has));
  if (!has("use_case")) found.push({ setting: "use_case", message: "missing, name a plugin" });
  problems.push(...inSecondary(found));
  return right;
}

/** What is wrong with the files that one stream names. */
export async function checkStreamFiles(stream: StreamSettings): Promise<Problem[]> {
  const secondary = checkSecondary(stream.secondary, []);
  const own = await checkFiles(streamSettings, stream);
  return secondary === null
    ? own
    : [...own, ...inSecondary(await checkFiles(secondarySettings, secondary))];
}

/** Problems of the block, as problems of the setting that it is. */
function inSecondary(found: readonly Problem[]): Problem[] {
  return found.map(({ setting, value, message }) => {
    const what = value === undefined ? setting : `${setting} ${JSON.stringify(value)}`;
    return { setting: "secondary", message: `${what}: ${message.replaceAll("--", "")}` };
  });
}
