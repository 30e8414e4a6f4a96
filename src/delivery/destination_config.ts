/** From a URL or a map to the settings of a destination, or to all that is wrong with it. */

import { fnv1aOfText } from "../fnv1a.ts";
import { isKeyLike, splitUrl } from "../log/mask.ts";
import { resolve } from "node:path";
import type { Needs } from "../settings/needs.ts";
import { checkTable } from "../settings/check_table.ts";
import { type Element, kindList } from "../settings/kinds.ts";
import type { Problem } from "../settings/problem.ts";
import { type Kind, required, text } from "../settings/setting.ts";
import { commonDefaults, type CommonSettings, commonSettings } from "./common_settings.ts";
import type { DeliveryBounds } from "./delivery_books.ts";
import type { DestinationKind } from "./destination.ts";
import type { EventFilter } from "./event_filter.ts";
import { destinationKinds } from "./kinds.ts";

/** A destination as the code sees it: complete and checked. */
export interface DestinationConfig {
  /** Name of the {@link DestinationKind}. */
  readonly kind: string;
  /** What its state is kept under, and what logs and pages call it; holds no secret. */
  readonly name: string;
  /** As given, credentials included; the path where its kind has one. */
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

/** The kinds as a stream's `sink` takes them: as URLs, or as maps. */
export const destinationSinks: readonly Kind[] = destinationKinds.map((kind) => ({
  kind: kind.name,
  schemes: kind.schemes,
  settings: {
    ...(kind.place ? { path: required(kind.place) } : {
      url: required(
        text("a URL", { value: "URL", help: `such as ${kind.example}`, secret: "url" }),
      ),
    }),
    ...commonSettings,
    ...kind.settings,
  },
  check: ({ url, ...settings }) => kind.check?.(url as string, settings as never) ?? null,
}));

/** What a stream's `sink` names, complete; null when that is no destination. */
export function destinationConfig({ kind, values }: Element): DestinationConfig | null {
  const found = destinationKinds.find(({ name }) => name === kind);
  if (found === undefined) return null;
  const { url, path, ...given } = values as CommonSettings & {
    url?: string;
    path?: string;
  };
  const place = url ?? path!;
  const { send, every_ms, max_age, max_events, max_mb, retry, timeout_ms } = {
    ...commonDefaults,
    ...given,
  };
  const { name, types, labels, streams, zones, min_confidence, password_file } = given;
  const own = Object.entries(given).filter(([name]) => Object.hasOwn(found.settings, name));
  return {
    kind,
    name: name ?? (url === undefined ? `${found.schemes[0]}:${path}` : describeUrl(url)),
    url: place,
    settings: Object.fromEntries(own),
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

/** Adds the permissions that it takes. */
export function destinationNeeds(config: DestinationConfig, needs: Needs): void {
  const { url, settings, passwordFile } = config;
  const { net = [], read = [], write = [], env = [] } = kindOf(config).needs(url, settings);
  needs.add("net", ...net);
  const files = passwordFile === null ? read : [...read, passwordFile];
  needs.add("read", ...files.map((path) => resolve(path)));
  needs.add("write", ...write.map((path) => resolve(path)));
  needs.add("env", ...env);
}

/** Reads `URL`, `{url, …}` or `{KIND: {url, …}}`; null when something is wrong with it, a problem then. */
export function parseDestination(given: unknown, problems: Problem[]): DestinationConfig | null {
  const table = { sink: kindList(destinationSinks, { help: "" }) };
  const { sink: [element] = [] } = checkTable(table, { sink: [given] }, problems);
  return element === undefined ? null : destinationConfig(element);
}

/** The URL without credentials, query, and what in its path may be a secret of its own. */
export function describeUrl(url: string): string {
  const parts = splitUrl(url);
  if (parts === null) return url;
  const [place = ""] = parts.rest.split(/[?#]/, 1);
  // Addresses of chat services hold their key.
  const [host = "", ...path] = place.replace(/\/$/, "").split("/");
  const shown = [host, ...path.map((word) => isKeyLike(word) ? "***" : word)].join("/");
  const isHidden = shown !== place.replace(/\/$/, "");
  // Two of the same service are told apart.
  return `${parts.scheme}${shown}${isHidden ? ` (${shortHash(url)})` : ""}`;
}

/** FNV-1a, in six hexadecimal digits. */
function shortHash(text: string): string {
  return (fnv1aOfText(text) & 0xffffff).toString(16).padStart(6, "0");
}
