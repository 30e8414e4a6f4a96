/** The sample configuration: its values are by hand, what it says of each key is from the tables. */

import { processSettings, streamSettings } from "../src/config/settings.ts";
import { modelSettings } from "../src/inference/settings.ts";
import { asKey, sentence } from "../src/settings/problem_line.ts";
import type { Setting, SettingTable } from "../src/settings/setting.ts";
import { secondarySettings } from "../src/stream/settings.ts";
import { useCaseSettings } from "../src/use_case/settings.ts";

const { stream_name: _name, ...stream } = streamSettings;

/** Which settings stand beneath a place of the file; for names of one's own stands `*`. */
const tables: Readonly<Record<string, SettingTable>> = {
  "": processSettings,
  "defaults": stream,
  "models.*": modelSettings,
  "use_cases.*": useCaseSettings,
  "streams.*": stream,
  "streams.*.secondary": secondarySettings,
};

/** A line that says something: indent, perhaps commented out, key, value, remark. */
const entry = /^( *)(#?)([\p{L}\w.-]+):(?: (.*?))??( +# .*)?$/u;

/** The sample with a remark where each key stands first, and with a line for each that is missing. */
export function sampleOf(text: string): string {
  const seen = new Set<string>();
  const lines: string[] = [];
  /** Keys above the line with their indents. */
  const above: { readonly key: string; readonly indent: number }[] = [];
  /** Where the last key of each table stands. */
  const last = new Map<string, { readonly line: number; readonly indent: string }>();
  for (const line of text.split("\n")) {
    const [, indent = "", off, key, value] = entry.exec(line) ?? [];
    if (key === undefined) {
      lines.push(line);
      continue;
    }
    while (above.length > 0 && above.at(-1)!.indent >= indent.length) above.pop();
    const place = above.map(({ key }, depth) => depth === 1 ? "*" : key).join(".");
    const table = tables[place];
    const isNew = table !== undefined && Object.hasOwn(table, key) && !seen.has(key);
    if (isNew) {
      seen.add(key);
      last.set(place, { line: lines.length, indent });
      const head = `${indent}${off}${key}:${value === undefined ? "" : ` ${value}`}`;
      lines.push(`${head} ${remark(table[key]!)}`);
    } else {
      lines.push(line);
    }
    if (off === "") above.push({ key, indent: indent.length });
  }
  for (const [place, table] of Object.entries(tables).reverse()) {
    const { line = 0, indent = "" } = last.get(place) ?? {};
    const missing = Object.entries(table).filter(([key]) =>
      !seen.has(key) && placeOf(key) === place
    );
    // Before the last one: what is there may go on over further lines.
    lines.splice(
      line,
      0,
      ...missing.map(([key, row]) =>
        `${indent}#${key}: ${row.default ?? row.value ?? true} ${remark(row)}`
      ),
    );
  }
  return lines.join("\n");
}

/** Where a key is looked for that stands nowhere. */
function placeOf(key: string): string {
  if (Object.hasOwn(modelSettings, key)) return "models.*";
  if (Object.hasOwn(useCaseSettings, key)) return "use_cases.*";
  if (Object.hasOwn(stream, key)) return "streams.*";
  return Object.hasOwn(processSettings, key) ? "" : "streams.*.secondary";
}

function remark({ help, default: value }: Setting): string {
  const isShown = typeof value === "string" || typeof value === "number";
  return `# ${sentence(help, asKey)}${isShown ? ` [${value}]` : ""}`;
}
