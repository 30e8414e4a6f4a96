/** What has to be masked wherever it might be shown. */

import { type Element, kindOf } from "./kinds.ts";
import type { SettingTable } from "./setting.ts";

/** Every URL among the values that may hold a password, by what their rows say. */
export function secretUrls(
  table: SettingTable,
  values: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(table).flatMap(([name, { secret, within }]) => {
    const value = values[name];
    if (value === undefined || value === null) return [];
    if (within !== undefined && "table" in within) {
      return secretUrls(within.table, value as Readonly<Record<string, unknown>>);
    }
    if (within !== undefined) {
      return (value as readonly Element[]).flatMap(({ kind, values }) =>
        secretUrls(kindOf(within.kinds, kind)!.settings, values)
      );
    }
    return secret === "url" && typeof value === "string" ? [value] : [];
  });
}
