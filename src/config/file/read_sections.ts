/** The sections of a configuration file, each key of which is known. */

import { nearest } from "../../settings/nearest.ts";
import {
  branchSettings as branch,
  cameraSettings,
  processSettings,
  streamSettings,
} from "../settings.ts";
import { modelSettings } from "../../inference/settings.ts";
import { useCaseSettings } from "../../use_case/settings.ts";
import type { Problem } from "../../settings/problem.ts";
import { checkTable } from "../../settings/check_table.ts";
import type { FileProblem } from "./file_problem.ts";
import { type Layer, type LayerKeys, type Located, type ReadContext, readLayer } from "./layer.ts";
import { kindOf, textValue, type YamlMap, type YamlNode } from "./yaml_node.ts";

/** A configuration file before references are followed. */
export interface Sections {
  readonly process: Layer;
  readonly defaults: Layer;
  readonly models: ReadonlyMap<string, Layer>;
  readonly useCases: ReadonlyMap<string, Layer>;
  readonly sinks: ReadonlyMap<string, Located>;
  readonly streams: ReadonlyMap<string, StreamSection>;
}

/** One stream of the file. */
export interface StreamSection {
  readonly layer: Layer;
  /** Several use cases on this one camera; null when there is but one. */
  readonly useCases: readonly StreamUseCase[] | null;
}

/** One of several use cases on a camera. */
export interface StreamUseCase {
  /** What the stream is called behind the camera's name and a dot. */
  readonly name: string;
  readonly layer: Layer;
}

const { stream_name: _key, ...camera } = cameraSettings;
const { stream_url: _url, ...shared } = camera;

/** What may stand where; the schema is made from the same. */
export const sectionKeys = {
  process: {
    table: processSettings,
    more: ["defaults", "models", "use_cases", "sinks", "streams"],
  },
  defaults: { table: { ...shared, ...branch }, more: ["model", "password_file"] },
  model: { table: modelSettings, more: [] },
  useCase: { table: useCaseSettings, more: [] },
  stream: { table: { ...camera, ...branch }, more: ["model", "password_file", "use_cases"] },
  streamUseCase: { table: branch, more: ["name", "model"] },
} satisfies Record<string, LayerKeys>;

/** What models, use cases and sinks may be called: nothing that could be a path or URL. */
export const namePattern = /^[\p{L}\p{N}_-]{1,64}$/u;
const nameAllowed = "1 to 64 letters, digits, dashes or underscores";

/** Reads the whole file. */
export function readSections(
  root: YamlNode | null,
  directory: string,
  problems: FileProblem[],
): Sections {
  const top = asMap(root ?? empty, "the file", problems);
  const useCases = section(top, "use_cases", problems);
  const sinks = section(top, "sinks", problems);
  const context: ReadContext = { directory, problems, refersToUseCases: true };
  const models = section(top, "models", problems);
  const streams = section(top, "streams", problems);
  if (streams.size === 0) {
    const place = top.entries.get("streams")?.keyPlace ?? null;
    problems.push({ setting: "streams", place, message: "missing, must name one stream at least" });
  }
  const defaults = top.entries.get("defaults");
  return {
    process: readLayer(top, { place: top.place, path: "" }, sectionKeys.process, context),
    defaults: readLayer(
      defaults === undefined ? empty : asMap(defaults.node, "defaults", problems),
      { place: defaults?.keyPlace ?? empty.place, path: "defaults" },
      sectionKeys.defaults,
      context,
    ),
    models: library(models, "models", sectionKeys.model, context),
    useCases: library(useCases, "use_cases", sectionKeys.useCase, context),
    sinks: readSinks(sinks, context),
    streams: new Map(
      [...streams].map(([name, entry]) => [name, readStream(name, entry, context)]),
    ),
  };
}

const empty: YamlMap = { kind: "map", place: { line: 1, column: 1 }, entries: new Map() };
type Entries = YamlMap["entries"];
type Entry = Entries extends ReadonlyMap<string, infer Value> ? Value : never;

/** The map that a node is; nothing at all is an empty one. */
function asMap(node: YamlNode, path: string, problems: FileProblem[]): YamlMap {
  if (node.kind === "map") return node;
  if (node.kind !== "scalar" || node.value !== null) {
    const message = `is ${kindOf(node)}, must be a map of names to values`;
    problems.push({ setting: path, place: node.place, message });
  }
  return { ...empty, place: node.place };
}

function section(top: YamlMap, name: string, problems: FileProblem[]): Entries {
  const entry = top.entries.get(name);
  return entry === undefined ? new Map() : asMap(entry.node, name, problems).entries;
}

function library(
  entries: Entries,
  path: string,
  keys: LayerKeys,
  context: ReadContext,
): ReadonlyMap<string, Layer> {
  const own = { ...context, refersToUseCases: false };
  return new Map([...entries].map(([name, { keyPlace, node }]) => {
    checkName(name, `${path}.${name}`, keyPlace, context);
    const map = asMap(node, `${path}.${name}`, context.problems);
    return [name, readLayer(map, { place: keyPlace, path: `${path}.${name}` }, keys, own)];
  }));
}

function readSinks(entries: Entries, context: ReadContext): ReadonlyMap<string, Located> {
  return new Map([...entries].map(([name, { keyPlace, node }]) => {
    const path = `sinks.${name}`;
    checkName(name, path, keyPlace, context);
    if (name === "stdout") {
      const message = "is a sink already, must be called something else";
      context.problems.push({ setting: path, place: keyPlace, message });
    }
    const rebased = streamSettings.sink.rebase!(textValue(node), context.directory);
    const found: Problem[] = [];
    checkTable(streamSettings, { sink: [rebased] }, found);
    const place = node.place;
    context.problems.push(
      ...found.map((problem) => ({
        ...problem,
        setting: [path, ...problem.within ?? []].join("."),
        place,
      })),
    );
    return [name, { value: rebased, place, path }];
  }));
}

function checkName(name: string, path: string, place: Layer["place"], context: ReadContext): void {
  if (namePattern.test(name)) return;
  context.problems.push({ setting: path, place, message: `the name must be ${nameAllowed}` });
}

function readStream(name: string, { keyPlace, node }: Entry, context: ReadContext): StreamSection {
  const path = `streams.${name}`;
  const map = asMap(node, path, context.problems);
  const layer = readLayer(map, { place: keyPlace, path }, sectionKeys.stream, context);
  const several = map.entries.get("use_cases");
  if (several === undefined) return { layer, useCases: null };
  if (layer.values.has("use_case")) {
    const message = "stands beside use_cases, give one of the two";
    const { place } = layer.values.get("use_case")!;
    context.problems.push({ setting: `${path}.use_case`, place, message });
  }
  return { layer, useCases: readStreamUseCases(several, `${path}.use_cases`, context) };
}

function readStreamUseCases(
  { keyPlace, node }: Entry,
  path: string,
  context: ReadContext,
): StreamUseCase[] {
  if (node.kind !== "list" || node.items.length === 0) {
    const message = "must be a list of use cases, each a name, a path, a URL or a map";
    context.problems.push({ setting: path, place: keyPlace, message });
    return [];
  }
  return node.items.map((item, index) => {
    const here = { place: item.place, path: `${path}[${index}]` };
    // A bare word says which use case, and nothing more.
    const map = item.kind === "scalar"
      ? { ...empty, entries: new Map([["use_case", { keyPlace: item.place, node: item }]]) }
      : asMap(item, here.path, context.problems);
    const layer = readLayer(map, here, sectionKeys.streamUseCase, context);
    const name = nameOf(layer);
    if (name === null) {
      const message = "missing, it is required where no use_case is named";
      context.problems.push({ setting: `${here.path}.name`, place: here.place, message });
    }
    return { name: name ?? String(index), layer };
  });
}

/** Its own name, or that of the use case, or of the plugin's file. */
function nameOf({ values }: Layer): string | null {
  const given = values.get("name")?.value ?? values.get("use_case")?.value;
  if (typeof given !== "string" && typeof given !== "number") return null;
  if (values.has("name")) return String(given);
  const file = String(given).replace(/[?#].*$/s, "").split(/[/\\]/).at(-1) ?? "";
  return file.replace(/(?<=.)\.[^.]+$/, "");
}

/** What a reference probably means; `more` are names that are known without being defined. */
export function nearestOf(
  name: string,
  known: ReadonlyMap<string, unknown>,
  more: readonly string[] = [],
): string {
  const closest = nearest(name, [...known.keys(), ...more]);
  if (closest !== null) return `did you mean ${closest}?`;
  return known.size === 0 ? "none is defined" : `known are ${[...known.keys()].join(", ")}`;
}
