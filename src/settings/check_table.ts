/** Values held against a table of settings. */

import type { z } from "zod";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import type { Setting, SettingTable, ValuesOf } from "./setting.ts";

/** The values of a table that are right; the others become problems. */
export function checkTable<Table extends SettingTable>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  problems: Problem[],
): ValuesOf<Table> {
  const right: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const value = given[name];
    if (value === undefined) continue;
    if (setting.kind !== "list" || !Array.isArray(value)) {
      const checked = checkValue(name, setting, value, problems);
      if (checked !== undefined) right[name] = checked;
    } else {
      // One by one, so that a wrong element does not hide the others from further checks.
      right[name] = value.flatMap((one, element) => {
        const found: Problem[] = [];
        const checked = setting.check === undefined
          ? checkValue(name, setting, [one], found)
          : checkValue(name, setting, one, found);
        problems.push(...found.map((problem) => ({ ...problem, element })));
        return checked ?? [];
      });
    }
  }
  return right as ValuesOf<Table>;
}

/** The same of a table that stands alone: what is unknown or missing becomes a problem as well. */
export function checkWhole<Table extends SettingTable>(
  table: Table,
  given: Readonly<Record<string, unknown>>,
  problems: Problem[],
): ValuesOf<Table> {
  const known = Object.keys(table);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name)) continue;
    const closest = nearest(name, known);
    const hint = closest === null ? `known are ${known.join(", ")}` : `did you mean ${closest}?`;
    problems.push({ setting: name, message: `unknown key, ${hint}` });
  }
  const right = checkTable(table, given, problems);
  for (const [name, { required, allowed }] of Object.entries(table)) {
    if (!required || given[name] !== undefined) continue;
    problems.push({ setting: name, message: `missing, must be ${allowed}` });
  }
  return right;
}

/** The value as the code takes it; undefined when it is wrong. */
function checkValue(
  name: string,
  { kind, schema, allowed, secret, check }: Setting,
  value: unknown,
  problems: Problem[],
): unknown {
  if (check !== undefined) return check(name, value, problems) ?? undefined;
  const result = schema.safeParse(value);
  // The first is enough: a number that is out of two bounds at once is still one problem.
  const issue = result.error?.issues[0];
  if (issue !== undefined) {
    // The element of a list where one is at fault, else the whole value.
    const wrong = issue.path.reduce<unknown>((part, key) => (part as never)?.[key], value);
    problems.push(
      wrong === null ? { setting: name, message: `has no value, must be ${allowed}` } : {
        setting: name,
        ...(secret !== "whole" && { value: wrong }),
        message: (kind === "json" ? inside(issue, wrong) : issue.message) +
          quotesHint(schema, value),
      },
    );
  }
  return result.data;
}

/** What is wrong within JSON, and where. */
function inside(issue: z.core.$ZodIssue, wrong: unknown): string {
  const { path } = issue;
  const message = wordsOf(issue, wrong);
  const where = path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`).join(
    "",
  );
  return where === "" ? message : `${message} (at ${where.replace(/^\./, "")})`;
}

function wordsOf(issue: z.core.$ZodIssue, wrong: unknown): string {
  if (/^(must|has) /.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "unrecognized_keys":
      return `has the unknown key ${issue.keys.join(", ")}`;
    case "invalid_type":
      return wrong === undefined
        ? `missing, must be ${kinds[issue.expected] ?? issue.expected}`
        : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.join(" or ")}`;
    case "too_small":
      return `must have ${issue.minimum} at least`;
    case "too_big":
      return `must have ${issue.maximum} at most`;
    default:
      return issue.message;
  }
}

/** What a part of JSON must be. */
const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  tuple: "a list",
  object: "a block of settings",
  string: "text",
};

/** YAML takes some texts for numbers or switches, such as a model's name 2024; in quotes it takes neither. */
function quotesHint(schema: Setting["schema"], value: unknown): string {
  if (typeof value === "string") {
    const isNumber = /^-?\d+(?:\.\d+)?$/.test(value) && schema.safeParse(Number(value)).success;
    const isSwitch = /^(?:true|false)$/.test(value) && schema.safeParse(value === "true").success;
    return isNumber || isSwitch ? " (without quotes)" : "";
  }
  const isText = typeof value !== "object" && schema.safeParse(String(value)).success;
  return isText ? " (in quotes it is text)" : "";
}
