/** `docs/dependencies.md`: every dependency with its licence. */

import type { Package } from "./packages.ts";

/** Licences that ask for no more than that they and the names stay: SPDX identifiers. */
const allowed = new Set([
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "CC0-1.0"],
  ...["BlueOak-1.0.0", "Unlicense", "Python-2.0"],
]);

/** For what tests load and nothing hands on: it asks that changes of its own files are published. */
const allowedInTests = "MPL-2.0";

/** Packages whose licence is none of those. */
export function strangeLicences(packages: readonly Package[]): Package[] {
  return packages.filter(({ license, development }) =>
    !(development && license === allowedInTests) &&
    !license.replaceAll(/[()]/g, "").split(/ OR /).some((choice) =>
      choice.split(/ AND /).every((one) => allowed.has(one))
    )
  );
}

/** The whole page, as `deno fmt` lays it out. */
export function licencePage(packages: readonly Package[]): string {
  const used = packages.filter(({ development }) => !development);
  const others = packages.filter(({ development }) => development);
  return `# Dependencies

Written by \`deno task release:files\` from deno.lock and the packages themselves; checked by
\`deno task release:check\`. All come from the npm registry. Deno (MIT) and ffmpeg (LGPL or GPL) are
programs of their own.

## What Sightline loads

${table(used)}
## What tests and tools load as well

${table(others)}`;
}

function table(packages: readonly Package[]): string {
  const rows = [
    ["package", "version", "licence"],
    ...packages.map(({ name, version, license }) => [name, version, license]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |\n`;
  const [head, ...body] = rows;
  return line(head!) + line(widths.map((width) => "-".repeat(width))) + body.map(line).join("");
}
