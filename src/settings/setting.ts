/** The kinds of settings: each checks a value, and says in words what it allows. */

import { z } from "zod";

/** Headings of the help, in its order. */
export const GROUPS = [
  "Configuration file",
  "Stream",
  "Model",
  "Use case",
  "Live view",
  "Events",
  "Metrics",
  "Results and limits",
  "Log",
] as const;

/** What help and documentation say of a setting. */
export interface About {
  readonly group: typeof GROUPS[number];
  /** Without the default. */
  readonly description: string;
  /** What stands for the value in the help, such as `URL`; a switch has none. */
  readonly value?: string;
  /** Is never shown, not even when it is wrong. */
  readonly secret?: boolean;
  /** The letter of its short flag. */
  readonly short?: string;
  /** Of a setting that holds a path: the same seen from where the file that says it lies. */
  readonly rebase?: (text: string, directory: string) => string;
  /** The same of JSON that holds paths. */
  readonly rebaseWithin?: (value: unknown, directory: string) => unknown;
}

/** One setting: the same for a flag and for a key of a configuration file. */
export interface Setting<Value = unknown> extends About {
  /** How the text of a flag becomes a value; `list` may be repeated, `switch` takes no value. */
  readonly kind: "text" | "number" | "json" | "list" | "switch";
  /** What is allowed, in words that follow "must be". */
  readonly allowed: string;
  readonly schema: z.ZodType<Value>;
}

/** The values of a table of settings; what nobody set is absent. */
export type ValuesOf<Table extends Readonly<Record<string, Setting>>> = {
  -readonly [Name in keyof Table]?: z.output<Table[Name]["schema"]>;
};

/** A whole number within bounds. */
export function integer(min: number, max: number, about: About): Setting<number> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? "up" : `to ${max}`;
  const allowed = `a whole number from ${min} ${upTo}`;
  const error = `must be ${allowed}`;
  const schema = z.int({ error }).min(min, { error }).max(max, { error });
  return { kind: "number", allowed, schema, ...about };
}

/** A number within bounds, fractions included. */
export function number(min: number, max: number, about: About): Setting<number> {
  const allowed = `a number from ${min} to ${max}`;
  const error = `must be ${allowed}`;
  const schema = z.number({ error }).min(min, { error }).max(max, { error });
  return { kind: "number", allowed, schema, ...about };
}

/** One of a few words; upper and lower case are the same. */
export function choice<const Word extends string>(
  words: readonly Word[],
  about: About,
): Setting<Word> {
  const allowed = words.join(", ").replace(/, ([^,]*)$/, " or $1");
  const known = new Map<unknown, Word>(words.map((word) => [word.toLowerCase(), word]));
  const schema = z.preprocess(
    (value) => typeof value === "string" ? known.get(value.toLowerCase()) : value,
    z.enum(words, { error: `must be ${allowed}` }),
  );
  return { kind: "text", allowed, schema, ...about };
}

/** On or off; as a flag it is on when it is there. */
export function toggle(about: About): Setting<boolean> {
  const allowed = "true or false";
  const schema = z.boolean({ error: `must be ${allowed}` });
  return { kind: "switch", allowed, schema, ...about };
}

// deno-lint-ignore no-control-regex
const ONE_LINE = /^[^\u0000-\u001f\u007f]+$/;

/** Text that matches a pattern. */
export function text(allowed: string, about: About, pattern = ONE_LINE): Setting<string> {
  const error = `must be ${allowed}`;
  const schema = z.string({ error }).regex(pattern, { error });
  return { kind: "text", allowed, schema, ...about };
}

/** Text that is read by a function, which throws what is wrong with it. */
export function parsed<Value>(
  allowed: string,
  parse: (text: string) => Value,
  about: About,
): Setting<Value> {
  return { kind: "text", allowed, schema: parsedSchema(allowed, parse), ...about };
}

/** Several texts that are read by a function each. */
export function parsedList<Value>(
  allowed: string,
  parse: (text: string) => Value,
  about: About,
): Setting<Value[]> {
  const schema = z.array(parsedSchema(allowed, parse), { error: `must be a list of ${allowed}` });
  return { kind: "list", allowed, schema, ...about };
}

/** Any JSON value. */
export function json(about: About): Setting<unknown> {
  return { kind: "json", allowed: "JSON", schema: z.unknown(), ...about };
}

/** JSON of a given form, each part of which is checked. */
export function structured<Value>(
  allowed: string,
  schema: z.ZodType<Value>,
  about: About,
): Setting<Value> {
  return { kind: "json", allowed, schema, ...about };
}

function parsedSchema<Value>(allowed: string, parse: (text: string) => Value): z.ZodType<Value> {
  // A number is taken for its text: in a configuration file `limit_duration: 10` needs no quotes.
  const given = z.union([z.string(), z.number().transform(String)], {
    error: `must be ${allowed}`,
  });
  return given.transform(function parseSetting(text, context) {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof SettingError)) throw error;
      context.addIssue({ code: "custom", message: error.message || `must be ${allowed}` });
      return z.NEVER;
    }
  });
}

/** What a parsing function throws; without a message it stands for "must be" and what is allowed. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}
