/** A schema violation of a server's answer, as one sentence with field and value. */

import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** Characters of a text that are shown. */
const shownText = 40;

const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  string: "a text",
};

/** What is wrong first with `answer`, which a schema refused. */
export function describeIssue({ issues: [issue] }: z.ZodError, answer: unknown): string {
  if (issue === undefined) return "it is of another form";
  const value = valueAt(answer, issue.path);
  const field = fieldOf(issue.path);
  if (value === undefined) return `${field} is missing`;
  return `${field === "" ? "it" : field} ${problemOf(issue, value)}`;
}

function problemOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
    case "invalid_union":
      return `is ${shown(value)}, and has to be ${wanted(issue)}`;
    case "too_small":
      return issue.origin === "string"
        ? "is an empty text"
        : `is ${shown(value)}, the least allowed is ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "array") return `has more than ${issue.maximum} items`;
      if (issue.origin === "string") return `has more than ${issue.maximum} characters`;
      return `is ${shown(value)}, the most allowed is ${issue.maximum}`;
    default:
      return `is ${shown(value)}, which cannot be used`;
  }
}

function wanted(issue: Issue): string {
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? issue.expected;
  // Text that is taken for a number has to look like one.
  if (issue.code !== "invalid_union") return "a number";
  const ofEach = issue.errors.flatMap(([first]) => first ? [wanted(first)] : []);
  return [...new Set(ofEach)].join(" or ");
}

/** As it is written in code: `inputs[0].shape[1]`. */
function fieldOf(path: readonly PropertyKey[]): string {
  const parts = path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`);
  return parts.join("").replace(/^\./, "");
}

function valueAt(answer: unknown, path: readonly PropertyKey[]): unknown {
  let value = answer;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

function shown(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return String(value);
  return `the text ${
    JSON.stringify(value.length > shownText ? `${value.slice(0, shownText)}…` : value)
  }`;
}
