/** `deno task scaling`: writes the table of docs/scaling.md from bench/figures.json. */

import { estimate, type Figures } from "./estimate.ts";

const root = new URL("../../", import.meta.url);
const marks = ["<!-- table: deno task scaling -->\n\n", "\n<!-- end of table -->"] as const;

const columns = [
  "cameras",
  "frames a second each",
  "cores",
  "processes",
  "memory, GB",
  "from cameras, Gbit/s",
  "to model servers, Gbit/s",
  "records, Mbit/s",
];

/** As `deno fmt` lays it out. */
export async function scalingTable(): Promise<string> {
  const figures: Figures = JSON.parse(await Deno.readTextFile(new URL("bench/figures.json", root)));
  const rows = [10, 1000, 100_000].flatMap((cameras) =>
    [30, 5].map((fps) => {
      const need = estimate(cameras, fps, figures);
      const numbers = [
        ...[cameras, fps, need.cores, need.processes, need.memoryGb],
        ...[need.fromCamerasGbit, need.toModelsGbit, need.recordsMbit],
      ];
      return numbers.map(twoDigits);
    })
  );
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(columns), rule, ...rows.map(line)].join("");
}

/** More than two digits would claim a precision that was not measured. */
function twoDigits(value: number): string {
  const scale = 10 ** Math.max(-2, Math.floor(Math.log10(value)) - 1);
  return Number((Math.round(value / scale) * scale).toFixed(2)).toLocaleString("en");
}

if (import.meta.main) {
  const path = new URL("docs/scaling.md", root);
  const doc = await Deno.readTextFile(path);
  const [before, rest] = doc.split(marks[0]);
  const [, after] = rest?.split(marks[1]) ?? [];
  if (after === undefined) throw new Error("Cannot find the table's marks in docs/scaling.md");
  await Deno.writeTextFile(path, before + marks[0] + await scalingTable() + marks[1] + after);
}
