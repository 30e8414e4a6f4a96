/** From a URL or a map to the settings of a destination, or to all that is wrong with it. */

import { fnv1aOfText } from "../fnv1a.ts";
import { checkTable } from "../settings/check_table.ts";
import { nearest } from "../settings/nearest.ts";
import type { Problem } from "../settings/problem.ts";
import { maskUrl, splitUrl } from "../log/mask.ts";
import { commonDefaults, commonSettings } from "./common_settings.ts";
import type { DeliveryBounds } from "./delivery_books.ts";
import type { DestinationKind, SettingsTable } from "./destination.ts";
import type { EventFilter } from "./event_filter.ts";
import { destinationKinds, kindOfUrl } from "./kinds.ts";

/** A destination as the code sees it: complete and checked. */
export interface DestinationConfig {
  /** Name of the {@link DestinationKind}. */
  readonly kind: string;
  /** What its state is kept under, and what logs and pages call it; holds no secret. */
  readonly name: string;
  /** As given, credentials included. */
  readonly url: string;
  /** Of the kind's own table. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sendsEvents: boolean;
  readonly sendsRecords: boolean;
  /** A record of each stream at most so often. */
  readonly everyMs: number;
  readonly filter: EventFilter;
  readonly bounds: DeliveryBounds;
  readonly retryMs: readonly number[];
  readonly timeoutMs: number;
  /** With the password of the user in the URL; null = none. */
  readonly passwordFile: string | null;
}

/** The kind of a configured destination. */
export function kindOf({ kind }: Pick<DestinationConfig, "kind">): DestinationKind {
  return destinationKinds.find(({ name }) => name === kind)!;
}

/** Whether a text is a destination's URL, as far as its scheme tells. */
export function isDestinationUrl(text: string): boolean {
  return kindOfUrl(text) !== null;
}

/** What is allowed, in words. */
export const DESTINATION_ALLOWED = destinationKinds.map(({ example }) => example).join(", ");

/**
 * Reads `URL`, `{url, …}` or `{KIND: {url, …}}`; null when something is wrong with it, which then is
 * in `problems`. `name`: what it is called; by default its URL without what may be secret.
 */
export function parseDestination(
  given: unknown,
  problems: Problem[],
  name?: string,
): DestinationConfig | null {
  const before = problems.length;
  const found = typeof given === "string" ? ofUrl({ url: given }) : ofMap(given);
  if ("message" in found) {
    problems.push(found);
    return null;
  }
  const { kind, map } = found;
  const table: SettingsTable = { ...commonSettings, ...kind.settings };
  for (const key of Object.keys(map)) {
    if (key === "url" || Object.hasOwn(table, key)) continue;
    const closest = nearest(key, ["url", ...Object.keys(table)]);
    const hint = closest === null ? "" : `, did you mean ${closest}?`;
    problems.push({ setting: key, message: `unknown key of a ${kind.name}${hint}` });
  }
  const listed = Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key, asListed(table, key, value)]),
  );
  const common = checkTable(commonSettings, listed, problems);
  const settings = checkTable(kind.settings, listed, problems);
  const url = map["url"] ?? "";
  if (typeof url !== "string") {
    problems.push({ setting: "url", message: `must be a URL such as ${kind.example}` });
    return null;
  }
  if (problems.length > before) return null;
  const wrong = kind.check?.(url, settings as never) ?? null;
  if (wrong !== null) {
    problems.push({ setting: "url", value: maskUrl(url), message: wrong });
    return null;
  }
  const { send, every_ms, max_age, max_events, max_mb, retry, timeout_ms, ...rest } = {
    ...commonDefaults,
    ...common,
  };
  const { types, labels, streams, zones, min_confidence, password_file } = rest as typeof common;
  return {
    kind: kind.name,
    name: name ?? describeUrl(url),
    url,
    settings,
    sendsEvents: send !== "records",
    sendsRecords: send !== "events",
    everyMs: every_ms,
    filter: {
      ...(types && { types }),
      ...(labels && { labels }),
      ...(streams && { streams }),
      ...(zones && { zones }),
      ...(min_confidence !== undefined && { minConfidence: min_confidence }),
    },
    bounds: { maxAgeMs: max_age, maxEvents: max_events, maxBytes: max_mb * 1e6 },
    retryMs: retry,
    timeoutMs: timeout_ms,
    passwordFile: password_file ?? null,
  };
}

/** The URL without credentials, query, and what in its path may be a secret of its own. */
export function describeUrl(url: string): string {
  const parts = splitUrl(url);
  if (parts === null) return url;
  const [place = ""] = parts.rest.split(/[?#]/, 1);
  // Addresses of chat services hold their key: long, and of letters and digits alike.
  const isKey = (word: string) => word.length >= 9 && /\d/.test(word) && /[a-z]/i.test(word);
  const [host = "", ...path] = place.replace(/\/$/, "").split("/");
  const shown = [host, ...path.map((word) => isKey(word) ? "***" : word)].join("/");
  const isHidden = shown !== place.replace(/\/$/, "");
  // Two of the same service are told apart.
  return `${parts.scheme}${shown}${isHidden ? ` (${shortHash(url)})` : ""}`;
}

/** FNV-1a, in six hexadecimal digits. */
function shortHash(text: string): string {
  return (fnv1aOfText(text) & 0xffffff).toString(16).padStart(6, "0");
}

type Found = { readonly kind: DestinationKind; readonly map: Readonly<Record<string, unknown>> };

function ofUrl(map: Readonly<Record<string, unknown>>): Found | Problem {
  const url = String(map["url"]);
  const kind = kindOfUrl(url);
  if (kind !== null) return { kind, map };
  return { setting: "url", value: maskUrl(url), message: `must be ${DESTINATION_ALLOWED}` };
}

function ofMap(given: unknown): Found | Problem {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { setting: "sink", message: `must be ${DESTINATION_ALLOWED}, or a map` };
  }
  const map = given as Readonly<Record<string, unknown>>;
  if (typeof map["url"] === "string") return ofUrl(map);
  const [[name, inner] = ["", null], ...more] = Object.entries(map);
  const kind = destinationKinds.find((kind) => kind.name === name);
  if (more.length > 0 || kind === undefined) {
    const names = destinationKinds.map(({ name }) => name).join(", ");
    return { setting: "sink", message: `must have the key url, or one of ${names} with a map` };
  }
  if (typeof inner !== "object" || inner === null || Array.isArray(inner)) {
    return { setting: name, message: "must be a map of its settings" };
  }
  return { kind, map: inner as Readonly<Record<string, unknown>> };
}

/** A list of one may be written without brackets. */
function asListed(table: SettingsTable, key: string, value: unknown): unknown {
  const isList = Object.hasOwn(table, key) && table[key]!.kind === "list";
  return isList && !Array.isArray(value) && value !== null ? [value] : value;
}
