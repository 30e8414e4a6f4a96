/** Settings that hold settings: a map of them, and a list whose elements are each of one of several kinds. */

import { z } from "zod";
import type { Secrets } from "../log/secret_mask.ts";
import { isSecretName } from "../log/secret_names.ts";
import type { About, Kind, Resolved, Setting, SettingTable, ValuesOf } from "./setting.ts";
import { type Problem, within } from "./problem.ts";
import { checkWhole } from "./check_table.ts";
import { nearest } from "./nearest.ts";

/** The settings of one element, with the name of its kind. */
export type ConfigOf<Kinds extends Kind> = Kinds extends Kind<infer Table>
  ? { readonly kind: Kinds["kind"] } & Resolved<Table>
  : never;

/** An element: what was said of it, and right. */
export interface Element {
  /** The name of its kind. */
  readonly kind: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Any number of elements, each of one of the kinds. */
export function kindList(kinds: readonly Kind[], about: About): Setting<Element[], Element[]> {
  return {
    kind: "list",
    allowed: allowedOf(kinds),
    schema: z.any(),
    within: { kinds },
    check: (name, element, problems) => checkElement(name, kinds, element, problems),
    rebase: (value, directory) => rebaseElement(kinds, value, directory),
    ...about,
    default: [],
  };
}

/** A map of settings; `check` finds what is wrong with values that are right one by one. */
export function nested<Table extends SettingTable>(
  table: Table,
  about: About<null>,
  check: (right: ValuesOf<Table>, given: Readonly<Record<string, unknown>>) => Problem[],
): Setting<ValuesOf<Table>, null> {
  return {
    kind: "json",
    allowed: "a block of settings",
    schema: z.any(),
    within: { table },
    rebase: (value, directory) => isMap(value) ? rebaseMap(table, value, directory) : value,
    check(name, given, problems) {
      if (!isMap(given)) {
        problems.push({ setting: name, message: "must be a block of settings" });
        return null;
      }
      const inner: Problem[] = [];
      const right = checkWhole(table, given, inner);
      inner.push(...check(right, given));
      problems.push(...inner.map((problem) => within([name], problem)));
      return right;
    },
    ...about,
  };
}

type Given = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is Given {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rebaseMap(table: SettingTable, given: Given, directory: string): Given {
  const entries = Object.entries(given).map(([name, value]) => {
    const { rebase, isReference }: Partial<Setting> = Object.hasOwn(table, name)
      ? table[name]!
      : {};
    const moved = (one: unknown) => isReference?.(one) ? one : rebase?.(one, directory) ?? one;
    return [name, Array.isArray(value) ? value.map(moved) : moved(value)];
  });
  return Object.fromEntries(entries);
}

/** The kind of that name; null when there is none. */
export function kindOf<Kinds extends Kind>(kinds: readonly Kinds[], name: string): Kinds | null {
  return kinds.find(({ kind }) => kind === name) ?? null;
}

/** What an element may be, in words: `stdout or jsonl:PATH`. */
export function allowedOf(kinds: readonly Kind[]): string {
  return kinds.map(formOf).join(", ").replace(/, ([^,]*)$/, " or $1");
}

function formOf({ schemes: [scheme = ""], settings }: Kind): string {
  const [first] = Object.entries(settings);
  if (first === undefined) return scheme;
  return first[0] === "url" ? `${scheme}://…` : `${scheme}:${first[1].value}`;
}

/** The same of one kind as a map: `{jsonl: {path: PATH}}`. */
function mapFormOf(kind: Kind): string {
  const [first] = Object.entries(kind.settings);
  const value = first?.[0] === "url" ? formOf(kind) : first?.[1].value;
  return `{${kind.kind}: {${first === undefined ? "" : `${first[0]}: ${value}`}}}`;
}

/** What a map that is no element must look like; its values may be secrets. */
function mapHint(kinds: readonly Kind[], element: object): string {
  const [name = "", ...more] = Object.keys(element);
  const known = more.length === 0 ? kindOf(kinds, name) : null;
  if (known !== null) return `must look like ${mapFormOf(known)}, or be ${formOf(known)}`;
  const closest = more.length === 0 ? nearest(name, kinds.map(({ kind }) => kind)) : null;
  const must = `must be ${allowedOf(kinds)}, or a map of one of them`;
  if (closest !== null) return `${must}, did you mean ${mapFormOf(kindOf(kinds, closest)!)}?`;
  const example = kinds.find(({ settings }) => Object.keys(settings).length > 0);
  return example === undefined ? must : `${must}, such as ${mapFormOf(example)}`;
}

/** An element as its URL says it, where one does. */
export function textOf(kinds: readonly Kind[], { kind, values }: Element): string {
  const { settings, schemes } = kindOf(kinds, kind)!;
  const [first] = Object.keys(settings);
  if (first === undefined) return schemes[0]!;
  return first === "url" ? String(values[first]) : `${schemes[0]}:${values[first]}`;
}

/** An element with one setting more, where its kind has that setting and nothing was said of it. */
export function withSetting(
  kinds: readonly Kind[],
  element: unknown,
  setting: string,
  value: unknown,
): unknown {
  const found = find(kinds, element);
  if (found === null) return element;
  const { kind: { kind, settings }, given } = found;
  if (!Object.hasOwn(settings, setting) || Object.hasOwn(given, setting)) return element;
  return { [kind]: { ...given, [setting]: value } };
}

/** The element, complete; null when it is wrong, and why is among the problems then. */
function checkElement(
  name: string,
  kinds: readonly Kind[],
  element: unknown,
  problems: Problem[],
): Element | null {
  const must = `must be ${allowedOf(kinds)}`;
  const refuse = (message: string) => {
    // A map may hold secrets.
    const shown = typeof element === "object" ? {} : { value: element };
    problems.push({ setting: name, ...shown, message });
    return null;
  };
  if (element === null) return refuse(`has no value, ${must}`);
  const found = find(kinds, element);
  if (found === null) {
    return refuse(typeof element === "object" ? mapHint(kinds, element) : must);
  }
  const { kind: { kind, settings, check }, given, isUrl } = found;
  const [first] = Object.entries(settings);
  if (isUrl && first !== undefined && given[first[0]] === "") {
    return refuse(`names no ${first[1].file === undefined ? "place" : "file"}, ${must}`);
  }
  const inner: Problem[] = [];
  const values: Element["values"] = checkWhole(settings, listed(settings, given), inner);
  const conflict = inner.length === 0 && first ? check?.(values) ?? null : null;
  if (conflict !== null) {
    inner.push({ setting: first![0], value: values[first![0]], message: conflict });
  }
  problems.push(
    ...isUrl
      ? inner.map((problem) => ({ ...problem, setting: name, value: element }))
      : inner.map((problem) => within([name, kind], problem)),
  );
  return inner.length > 0 ? null : { kind, values };
}

interface Found {
  readonly kind: Kind;
  readonly given: Given;
  readonly isUrl: boolean;
}

function find(kinds: readonly Kind[], element: unknown): Found | null {
  if (typeof element === "string") {
    const [, scheme = "", rest] = /^([a-z][a-z0-9+.-]*)(?::(.*))?$/is.exec(element) ?? [];
    const kind = kinds.find(({ schemes }) => schemes.includes(scheme));
    const [first] = Object.keys(kind?.settings ?? {});
    if (kind === undefined || (first === undefined) !== (rest === undefined)) return null;
    const given = first === undefined ? {} : { [first]: first === "url" ? element : rest };
    return { kind, given, isUrl: true };
  }
  if (typeof element !== "object" || element === null) return null;
  if ("url" in element) {
    const found = find(kinds, element.url);
    return found && { ...found, given: element as Given, isUrl: false };
  }
  const [[name, given] = [], more] = Object.entries(element);
  const kind = kinds.find(({ kind }) => kind === name);
  if (kind === undefined || more !== undefined || Array.isArray(given)) return null;
  if (given !== null && typeof given !== "object") return null;
  return { kind, given: given ?? {}, isUrl: false };
}

/** A list of one may be written without brackets. */
function listed(settings: SettingTable, given: Given): Given {
  const entries = Object.entries(given).map(([name, value]) => {
    const isList = Object.hasOwn(settings, name) && settings[name]!.kind === "list";
    return [name, isList && !Array.isArray(value) ? [value] : value];
  });
  return Object.fromEntries(entries);
}

function rebaseElement(kinds: readonly Kind[], element: unknown, directory: string): unknown {
  const found = find(kinds, element);
  if (found === null) return element;
  const { kind: { settings, kind }, given, isUrl } = found;
  const moved = rebaseMap(settings, given, directory);
  if (!isUrl) return { [kind]: moved };
  const [value] = Object.values(moved);
  if (value === undefined || Object.keys(settings)[0] === "url") return element;
  return `${String(element).split(":", 1)[0]}:${value}`;
}

/** The secrets among the values: by what their rows say, and in JSON by the names in it. */
export function secretsIn(
  table: SettingTable,
  values: Readonly<Record<string, unknown>>,
): Secrets {
  const found = Object.entries(table).flatMap(([name, { secret, within, kind }]): Secrets[] => {
    const value = values[name];
    if (value === undefined || value === null) return [];
    if (within !== undefined && "table" in within) {
      return [secretsIn(within.table, value as Readonly<Record<string, unknown>>)];
    }
    if (within !== undefined) {
      return (value as readonly Element[]).map(({ kind, values }) =>
        secretsIn(kindOf(within.kinds, kind)!.settings, values)
      );
    }
    if (kind === "json") return [{ urls: [], words: secretWords(value, false) }];
    if (typeof value !== "string") return [];
    return [{
      urls: secret === "url" ? [value] : [],
      words: secret === "whole" ? [value] : [],
    }];
  });
  return joinSecrets(found);
}

/** All of them together. */
export function joinSecrets(several: readonly Secrets[]): Secrets {
  return {
    urls: several.flatMap(({ urls }) => urls),
    words: several.flatMap(({ words }) => words),
  };
}

/** Texts that stand under the name of a secret; a plain word there is mostly the name of something. */
function secretWords(value: unknown, isSecret: boolean): string[] {
  if (typeof value === "string") return isSecret && !/^[a-z_-]*$/i.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    secretWords(inner, isSecret || isSecretName(name))
  );
}
