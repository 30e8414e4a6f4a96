import assert from "node:assert/strict";
import {
  processDefaults,
  processSettings,
  streamDefaults,
  streamSettings,
} from "../config/settings.ts";
import { helpText } from "./help.ts";

Deno.test("helpText() names every flag once, with its default", () => {
  const help = helpText().replace(/\s+/g, " ");
  const defaults: Record<string, unknown> = { ...streamDefaults, ...processDefaults };
  for (
    const [name, { value, help: sentence }] of Object.entries({
      ...streamSettings,
      ...processSettings,
    })
  ) {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    const shown = ["string", "number"].includes(typeof defaults[name])
      ? ` [${defaults[name]}]`
      : "";
    assert.equal(help.split(`${flag} ${sentence}${shown}`).length, 2, `${flag} in the help`);
  }
});

Deno.test("helpText() fits 80 columns where there is no terminal", () => {
  const tooLong = helpText().split("\n").filter((line) => line.length > 80);
  assert.deepEqual(tooLong, []);
});
