import assert from "node:assert/strict";
import { processSettings, streamSettings } from "../config/settings.ts";
import { asFlag, sentence } from "../settings/problem_line.ts";
import type { SettingTable } from "../settings/setting.ts";
import { helpText } from "./help.ts";

Deno.test("helpText() names every flag once, with its default", () => {
  const help = helpText().replace(/\s+/g, " ");
  const settings: SettingTable = { ...streamSettings, ...processSettings };
  for (
    const [name, { value, help: said, default: fallback }] of Object.entries(settings)
  ) {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    const shown = ["string", "number"].includes(typeof fallback) ? ` [${fallback}]` : "";
    assert.equal(
      help.split(`${flag} ${sentence(said, asFlag)}${shown}`).length,
      2,
      `${flag} in the help`,
    );
  }
});

Deno.test("helpText() fits 80 columns where there is no terminal", () => {
  const tooLong = helpText().split("\n").filter((line) => line.length > 80);
  assert.deepEqual(tooLong, []);
});
