/** The kinds of settings: each checks a value, and says in words what it allows. */

import { z } from "zod";
import type { Phrase, Problem } from "./problem.ts";

/** Headings of the help, in its order. */
export const groups = [
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

/** What the settings of a table have in common, unless one says otherwise. */
export interface Common {
  readonly group?: typeof groups[number];
}

/** What help and documentation say of a setting. */
export interface About<Default = unknown> extends Common {
  /** Without the default. */
  readonly help: Phrase;
  /** What documents say beside that, in Markdown. */
  readonly more?: Phrase;
  /** What holds where nothing is said and there is no default, in words. */
  readonly unset?: Phrase;
  /** What stands for the value in the help, such as `URL`; a switch has none. */
  readonly value?: string;
  /** What holds where nothing is said. */
  readonly default?: Default;
  /** `whole`: never shown, not even when it is wrong; `url`: shown without its password. */
  readonly secret?: "whole" | "url";
  /** It must be there. */
  readonly required?: boolean;
  /** The letter of its short flag. */
  readonly short?: string;
  /** Of a setting that holds a path: the same seen from where the file that says it lies. */
  readonly rebase?: (value: unknown, directory: string) => unknown;
  /** Whether a text is no value, but names something else in a configuration file. */
  readonly isReference?: (value: unknown) => boolean;
  /** The file that a value names, and what is done with it; null = none on this machine. */
  readonly file?: (value: never) => NamedFile | null;
}

/** A file that has to be there, or that can be made. */
export interface NamedFile {
  readonly path: string;
  readonly use: "read" | "write";
  /** What to say behind "does not exist". */
  readonly hint?: string;
  /** Of a file that is read: what is wrong with its text, in words that show none of it; null = nothing. */
  readonly whyWrong?: (text: string) => string | null;
}

/** One setting: the same for a flag and for a key of a configuration file. */
export interface Setting<Value = unknown, Missing = unknown> extends About<Missing> {
  /** How the text of a flag becomes a value; `list` may be repeated, `switch` takes no value. */
  readonly kind: "text" | "number" | "json" | "list" | "switch";
  /** What is allowed, in words that follow "must be". */
  readonly allowed: string;
  readonly schema: z.ZodType<Value>;
  /** Settings within the value: of a map of them, or of each kind that an element of a list can be. */
  readonly within?: { readonly table: SettingTable } | { readonly kinds: readonly Kind[] };
  /** In place of the schema, of such a value or element; null = wrong, and a problem more. */
  readonly check?: (name: string, value: unknown, problems: Problem[]) => unknown;
}

/** Settings by name. */
export type SettingTable = Readonly<Record<string, Setting>>;

/** One kind of several that an element may be of, such as `jsonl` among sinks. */
export interface Kind<Table extends SettingTable = SettingTable> {
  /** Its name in a map, `{jsonl: {path: …}}`. */
  readonly kind: string;
  /** What its URLs begin with. The first setting is what stands behind that; `url` is all of it. */
  readonly schemes: readonly string[];
  readonly settings: Table;
  /** What is wrong with values that are right one by one; null when nothing is. */
  check?(values: Readonly<Record<string, unknown>>): string | null;
}

/** The values of a table of settings; what was not set is absent. */
export type ValuesOf<Table extends SettingTable> = {
  -readonly [Name in keyof Table]?: z.output<Table[Name]["schema"]>;
};

/** The values as the code sees them: complete, in camelCase, null where nothing was said. */
export type Resolved<Table extends SettingTable> = {
  readonly [Name in keyof Table as CamelCase<Name>]: Table[Name] extends
    Setting<infer Value, infer Missing> ? null extends Missing ? Value | null : Value : never;
};

type CamelCase<Name> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail> & string>}`
  : Name;

/** Fills in the defaults. What is required is taken to be there. */
export function complete<Table extends SettingTable>(
  table: Table,
  values: ValuesOf<Table>,
): Resolved<Table> {
  const given: Readonly<Record<string, unknown>> = values;
  return Object.fromEntries(
    Object.entries(table).map(([name, row]) => [
      inCamelCase(name),
      given[name] ?? row.default ?? null,
    ]),
  ) as Resolved<Table>;
}

/** `stall_timeout_ms` as the code calls it: `stallTimeoutMs`. */
export function inCamelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A table, whose settings have something in common. */
export function table<Table extends SettingTable>(common: Common, rows: Table): Table {
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, { ...common, ...row }]),
  ) as Table;
}

/** A setting that must be there. */
export function required<Value>(setting: Setting<Value, unknown>): Setting<Value, Value> {
  return { ...setting, required: true } as Setting<Value, Value>;
}

/** A setting whose values must hold one thing more; `error` follows the value. */
export function refined<Value, Missing>(
  setting: Setting<Value, Missing>,
  holds: (value: Value) => boolean,
  error: string,
): Setting<Value, Missing> {
  return { ...setting, schema: setting.schema.refine(holds, { error }) };
}

/** A whole number within bounds. */
export function integer<Default extends number | null = null>(
  min: number,
  max: number,
  about: About<Default>,
): Setting<number, Default> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? "up" : `to ${max}`;
  const allowed = `a whole number from ${min} ${upTo}`;
  const error = `must be ${allowed}`;
  const schema = z.int({ error }).min(min, { error }).max(max, { error });
  return { kind: "number", allowed, schema, ...about };
}

/** A number within bounds, fractions included. */
export function number<Default extends number | null = null>(
  min: number,
  max: number,
  about: About<Default>,
): Setting<number, Default> {
  const allowed = `a number from ${min} to ${max}`;
  const error = `must be ${allowed}`;
  const schema = z.number({ error }).min(min, { error }).max(max, { error });
  return { kind: "number", allowed, schema, ...about };
}

/** One of a few words; upper and lower case are the same. */
export function choice<const Word extends string, Default extends string | null = null>(
  words: readonly Word[],
  about: About<Default>,
): Setting<Word, Default> {
  const allowed = words.join(", ").replace(/, ([^,]*)$/, " or $1");
  const known = new Map<unknown, Word>(words.map((word) => [word.toLowerCase(), word]));
  const schema = z.preprocess(
    // YAML takes a word such as 5 for a number.
    (value) =>
      typeof value === "string" || typeof value === "number"
        ? known.get(String(value).toLowerCase())
        : value,
    z.enum(words, { error: `must be ${allowed}` }),
  );
  return { kind: "text", allowed, schema, ...about };
}

/** On or off; as a flag it is on when it is there. */
export function toggle(about: About<boolean>): Setting<boolean, boolean> {
  const allowed = "true or false";
  const schema = z.boolean({ error: `must be ${allowed}` });
  return { kind: "switch", allowed, schema, default: false, ...about };
}

// deno-lint-ignore no-control-regex
const oneLine = /^[^\u0000-\u001f\u007f]+$/;

/** Text that matches a pattern. */
export function text<Default extends string | null = null>(
  allowed: string,
  about: About<Default>,
  pattern = oneLine,
): Setting<string, Default> {
  const error = `must be ${allowed}`;
  const schema = z.string({ error }).regex(pattern, { error });
  return { kind: "text", allowed, schema, ...about };
}

/** Text that is read by a function, which throws what is wrong with it. */
export function parsed<Value, Default extends Value | null = null>(
  allowed: string,
  parse: (text: string) => Value,
  about: About<Default>,
): Setting<Value, Default> {
  return { kind: "text", allowed, schema: parsedSchema(allowed, parse), ...about };
}

/** Several texts that are read by a function each. */
export function parsedList<Value, Default extends readonly Value[] | null = null>(
  allowed: string,
  parse: (text: string) => Value,
  about: About<Default>,
): Setting<Value[], Default> {
  const schema = z.array(parsedSchema(allowed, parse), { error: `must be a list of ${allowed}` });
  return { kind: "list", allowed, schema, ...about };
}

/** Any JSON value. */
export function json(about: About): Setting<unknown> {
  return { kind: "json", allowed: "JSON", schema: z.unknown(), ...about };
}

/** JSON of a given form, each part of which is checked. */
export function structured<Value, Default extends Value | null = null>(
  allowed: string,
  schema: z.ZodType<Value>,
  about: About<Default>,
): Setting<Value, Default> {
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
