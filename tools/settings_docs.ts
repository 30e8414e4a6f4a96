/** Writes what documents say of settings anew from their tables: README, docs/configuration.md, sample and schema. */

import { configSchema } from "../src/config/file/json_schema.ts";
import {
  branchSettings,
  cameraSettings,
  commandSettings,
  processSettings,
  streamSettings,
} from "../src/config/settings.ts";
import { asFlag, asKey, type NameOf, sentence } from "../src/settings/problem_line.ts";
import type { Setting, SettingTable } from "../src/settings/setting.ts";
import { sampleOf } from "./settings_sample.ts";

/** Files that hold a part which is made from the tables, with that part. */
export const made: Readonly<Record<string, () => string>> = {
  "README.md": () => flagTable({ ...commandSettings, ...streamSettings, ...processSettings }),
  "docs/configuration.md": keyTable,
};

const begin = "<!-- settings: written by deno task settings -->";
const end = "<!-- settings end -->";

/** The part of a file between its two marks. */
export function madePart(text: string): string {
  return text.split(begin)[1]?.split(end)[0] ?? "";
}

/** The lines of a table without what only aligns its columns. */
export function unaligned(table: string): string[] {
  return table.trim().replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---").split("\n");
}

function flagTable(settings: SettingTable): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const short = setting.short === undefined ? "" : `, \`-${setting.short}\``;
    return [`\`--${name}\`${short}`, meaning(setting), defaultOf(setting, asFlag)];
  });
  return table(["flag", "meaning", "default"], rows);
}

/** Where a setting stands tells what a change of it starts again. */
const restarted: readonly [SettingTable, string][] = [
  [cameraSettings, "the camera"],
  [branchSettings, "the stream"],
  [processSettings, "Sightline, by hand"],
];

function keyTable(): string {
  const rows = restarted.flatMap(([settings, what]) =>
    Object.entries(settings).filter(([name]) => name !== "stream_name").map(([name, setting]) => [
      `\`${name}\``,
      escape(setting.allowed),
      defaultOf(setting, asKey),
      what,
    ])
  );
  return table(["key", "must be", "default", "a change starts again"], rows);
}

/** The help as Markdown: flags are code, pages are links. */
function meaning({ help, more }: Setting): string {
  const words = escape(sentence(help, asFlagCode))
    .replaceAll(/docs\/\w+\.md/g, (page) => `[${page}](${page})`);
  return more === undefined ? words : `${words}; ${sentence(more, asFlagCode)}`;
}

const asFlagCode: NameOf = (setting) => code(asFlag(setting));

function defaultOf(
  { default: value, unset = "", required, kind }: Setting,
  nameOf: NameOf,
): string {
  if (required) return "required";
  if (kind === "switch") return value === true ? "on" : "off";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(code).join(", ");
  return value === undefined || value === null
    ? sentence(unset, (setting) => code(nameOf(setting)))
    : code(value);
}

function code(value: unknown): string {
  return `\`${value}\``;
}

function escape(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/[<{*]/g, "\\$&");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  for (const [file, make] of Object.entries(made)) {
    const text = await Deno.readTextFile(file);
    const [before, rest = ""] = text.split(begin);
    const after = rest.split(end)[1];
    if (after === undefined) throw new Error(`${file} has no ${begin} … ${end}`);
    await Deno.writeTextFile(file, `${before}${begin}\n\n${make()}\n\n${end}${after}`);
  }
  const sample = "deploy/sightline.example.yaml";
  await Deno.writeTextFile(sample, sampleOf(await Deno.readTextFile(sample)));
  const schema = JSON.stringify(configSchema(), null, 2);
  await Deno.writeTextFile("deploy/sightline.schema.json", schema + "\n");
}
