/** What is set for a use case. */

import { basename, resolve } from "node:path";
import { assetUrl, isShippedPlugin } from "../assets.ts";
import { nearest } from "../settings/nearest.ts";
import { isRemote, parsePath, path, rebasePath, refuseControls } from "../settings/paths.ts";
import { type Phrase, phrase } from "../settings/problem.ts";
import {
  choice,
  complete,
  integer,
  json,
  type NamedFile,
  parsed,
  parsedList,
  SettingError,
  table,
  toggle,
  type ValuesOf,
} from "../settings/setting.ts";
import { joinPermissions, parsePermissions, permissionKinds } from "./permissions.ts";
import { isShippedName, shippedPlugins } from "./shipped_plugins.ts";

const hourMs = 3_600_000;

/** The rows, in the order of the help. */
export const useCaseSettings = table({ group: "Use case" }, {
  use_case: parsed("the path or the file:, http:// or https:// URL of a plugin", parseUseCase, {
    value: "PLUGIN",
    default: "person_vehicle_bike",
    secret: "url",
    rebase: (given, directory) => isShippedName(given) ? given : rebasePath(given, directory),
    isReference: isName,
    file: pluginFile,
    more: "see [docs/plugins.md](docs/plugins.md)",
    help: "path or URL of the plugin, or the name of one that ships, such as motion",
  }),
  use_case_options: json({
    value: "JSON",
    help: `options of the plugin, such as '{"threshold":0.6}'`,
  }),
  watch: toggle({
    help: "when the plugin's file is saved, go on with the new version",
  }),
  isolation: choice(["auto", "worker", "process"], {
    value: "WORD",
    default: "auto",
    help:
      "where the plugin runs: process, worker for trusted code, or auto: process unless it ships with us",
  }),
  plugin_sharing: choice(["plugin", "stream"], {
    value: "WORD",
    default: "plugin",
    help: "one process or Worker for each plugin, or for each stream",
  }),
  allow_plugin: parsedList(
    `KIND=VALUE,…, KIND one of ${permissionKinds.join(", ")}`,
    parsePermissions,
    {
      value: "WHAT",
      default: [],
      rebase: rebasePermissions,
      help: "what the plugin may do: net=HOST,read=PATH,…; may be repeated",
    },
  ),
  plugin_timeout_ms: integer(10, hourMs, {
    value: "MS",
    default: 1000,
    help: "deadline of one call of the plugin; past it, it is started again",
  }),
  plugin_memory_mb: integer(128, 1_048_576, {
    value: "MB",
    default: 512,
    more: "all streams that share it together",
    help: "memory of a plugin in its own process; past it, it is started again",
  }),
  plugin_cache: path("the path of a directory", {
    value: "DIR",
    unset: "the user's cache",
    help: "where plugins from URLs are kept",
  }),
});

/** As far as they were given and right. */
export type UseCaseValues = ValuesOf<typeof useCaseSettings>;

/** Which plugin, what its factory is given, and what it is confined to. */
export type UseCaseConfig = ReturnType<typeof useCaseConfig> & {
  /** Of `test`: what it would send is withheld where it was not granted, rather than refused. */
  readonly withholdsNet?: true;
};

/** Complete settings of a use case; without a model, motion is looked for where nothing is named. */
export function useCaseConfig(values: UseCaseValues, withoutModel: boolean) {
  const { useCase, isolation, pluginSharing, allowPlugin, watch, ...rest } = complete(
    useCaseSettings,
    values,
  );
  const named = values.use_case ?? (withoutModel ? "motion" : useCase);
  // A path that the user gave is one from where they are.
  const module = isShippedName(named) ? assetUrl(`plugins/${named}.ts`).href : named;
  // Code from outside runs in a confined process, unless the operator trusts it.
  const byDefault = isShippedPlugin(module) ? "worker" as const : "process" as const;
  return {
    /** A path, or a `file:`, `http:` or `https:` URL. */
    module,
    options: values.use_case_options,
    isolation: isolation === "auto" ? byDefault : isolation,
    sharing: pluginSharing,
    granted: joinPermissions(allowPlugin),
    timeoutMs: rest.pluginTimeoutMs,
    memoryMb: rest.pluginMemoryMb,
    watch: watch && !isRemote(module),
    cacheDir: rest.pluginCache,
  };
}

/** What is right and has no effect, a sentence each. */
export function useCaseNotices({ watch, use_case = "" }: UseCaseValues): Phrase[] {
  return watch && isRemote(use_case)
    ? [phrase`${"watch"} has no effect with a plugin that is given by its URL`]
    : [];
}

/** A plugin's URL as given, or its path; the name of one that ships stays a name. */
function parseUseCase(text: string): string {
  refuseControls(text);
  if (!/^https?:/i.test(text)) {
    return parsePath(text, "the path or the file:, http:// or https:// URL of a plugin");
  }
  if (!URL.canParse(text)) throw new SettingError();
  return text;
}

/** Whether a text where a plugin could stand is neither path nor URL. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && !/[./\\:]/.test(value);
}

/** A bare word was probably meant for a plugin that ships; a configuration file has made a path of it. */
function pluginFile(path: string): NamedFile | null {
  if (isRemote(path) || isShippedName(path)) return null;
  const name = basename(path);
  const closest = nearest(name, shippedPlugins);
  const hint = closest === null
    ? `plugins that ship are ${shippedPlugins.join(", ")}`
    : `did you mean ${closest}?`;
  return { path, use: "read", hint: name.includes(".") ? "" : `, ${hint}` };
}

/** The paths among what a plugin may do: `read=./zones.json,net=hooks.example.com`. */
function rebasePermissions(given: unknown, directory: string): unknown {
  if (typeof given !== "string") return given;
  let kind = "";
  return given.split(",").map((part) => {
    const [, newKind, rest] = /^([a-z]+)=(.*)$/s.exec(part) ?? [];
    kind = newKind ?? kind;
    const value = rest ?? part;
    if (!["read", "write"].includes(kind) || value === "" || value === "*") return part;
    return (newKind === undefined ? "" : `${kind}=`) + resolve(directory, value);
  }).join(",");
}
