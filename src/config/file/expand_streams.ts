/** Follows the references of a file, and lays defaults, models, use cases and streams together. */

import { allowedOf, withSetting } from "../../settings/kinds.ts";
import type { Problem } from "../../settings/problem.ts";
import { sinkKinds } from "../settings.ts";
import type { UserConfig } from "../resolve_config.ts";
import type { FileProblem } from "./file_problem.ts";
import { backends, whichModel } from "../../inference/settings.ts";
import { isName } from "../../use_case/settings.ts";
import { isShippedName, shippedPlugins } from "../../use_case/shipped_plugins.ts";
import { expandSecondary } from "./expand_secondary.ts";
import type { Layer, Located } from "./layer.ts";
import { nearestOf, type Sections, type StreamSection } from "./read_sections.ts";

/** What a file comes to. */
export interface Expanded {
  readonly user: Required<UserConfig>;
  /** Where a problem of `user` stands in the file; none when it follows from another one. */
  locate(problem: Problem): FileProblem[];
  /** The same for showing: options are as they are written, before variables were put in. */
  readonly shown: UserConfig;
}

/** One stream: its settings, each from the nearest layer that has it. */
interface ExpandedStream {
  readonly camera: string;
  readonly settings: ReadonlyMap<string, Located>;
  /** What it is made in. */
  readonly layer: Layer;
  /** It refers to a model that there is not. */
  readonly lacksModel: boolean;
}

/** Expands each stream of the file, and each use case of a stream that has several. */
export function expandStreams(sections: Sections, problems: FileProblem[]): Expanded {
  const streams = [...sections.streams].flatMap(([camera, stream]) =>
    expandStream(camera, stream, sections, problems)
  );
  const user = {
    process: values(sections.process.values, sectionNames),
    streams: streams.map(({ settings }) => values(settings)),
    cameras: streams.map(({ camera }) => camera),
  };
  const shown = streams.map(({ settings }) => {
    const written = ["use_case_options", "secondary"].flatMap((name) => {
      const setting = settings.get(name);
      return setting === undefined ? [] : [[name, setting.written]];
    });
    return { ...values(settings), ...Object.fromEntries(written) };
  });
  return {
    user,
    shown: { ...user, streams: shown },
    locate: (problem) => locate(problem, sections, streams),
  };
}

const sectionNames = new Set(["defaults", "models", "use_cases", "sinks", "streams"]);

function values(
  settings: ReadonlyMap<string, Located>,
  without: ReadonlySet<string> = new Set(),
): Record<string, unknown> {
  const kept = [...settings].filter(([name]) => !without.has(name));
  return Object.fromEntries(kept.map(([name, { value }]) => [name, value]));
}

function expandStream(
  camera: string,
  { layer, useCases }: StreamSection,
  sections: Sections,
  problems: FileProblem[],
): ExpandedStream[] {
  const branches = useCases?.map((one) => ({ name: `${camera}.${one.name}`, layer: one.layer })) ??
    [{ name: camera, layer: null }];
  return branches.map((branch) => {
    const layers = [sections.defaults, layer, ...(branch.layer === null ? [] : [branch.layer])];
    const settings = new Map<string, Located>();
    let lacksModel = false;
    const nearestModel = layers.findLastIndex(namesModel);
    const nearestUseCase = layers.findLastIndex(({ values }) => values.has("use_case"));
    for (const [index, { values }] of layers.entries()) {
      // A stream may change what a model or use case of the library says, a default may not.
      if (index === 0) add(settings, values);
      if (index === nearestModel) {
        if (index > 0) whichModel.forEach((name) => settings.delete(name));
        const reference = values.get("model");
        const model = referred(reference, "model", sections.models, problems);
        lacksModel = reference !== undefined && model === undefined;
        add(settings, model?.values);
      }
      if (index === nearestUseCase) {
        add(settings, libraryUseCase(values.get("use_case")!, sections, problems)?.values);
      }
      if (index > 0) add(settings, values);
      else if (values.has("use_case")) settings.set("use_case", values.get("use_case")!);
    }
    const { place, path } = branch.layer ?? layer;
    settings.set("stream_name", { value: branch.name, place, path });
    followUseCase(settings, sections);
    followSinks(settings, sections, problems);
    followSecondary(settings, sections, problems);
    for (const name of ["model", "use_cases", "name", "password_file"]) settings.delete(name);
    return { camera, settings, layer: branch.layer ?? layer, lacksModel };
  });
}

function namesModel({ values }: Layer): boolean {
  return values.has("model") || backends.some((name) => {
    return values.has(name) && values.get(name)!.value !== false;
  });
}

function add(settings: Map<string, Located>, nearer: Layer["values"] | undefined): void {
  for (const [name, value] of nearer ?? []) settings.set(name, value);
}

function referred<Value>(
  reference: Located | undefined,
  what: string,
  known: ReadonlyMap<string, Value>,
  problems: FileProblem[],
  more: readonly string[] = [],
): Value | undefined {
  if (reference === undefined) return undefined;
  const { value, place, path } = reference;
  const found = typeof value === "string" ? known.get(value) : undefined;
  if (found === undefined) {
    const message = typeof value === "string"
      ? `unknown ${what}, ${nearestOf(value, known, more)}`
      : `must be the name of a ${what}`;
    problems.push({ setting: path, value, place, message });
  }
  return found;
}

/** The use case of the library that is meant; none when a path or URL stands there. */
function libraryUseCase(
  reference: Located,
  { useCases }: Sections,
  problems: FileProblem[],
): Layer | undefined {
  const { value } = reference;
  if (!isName(value) || isShippedName(value) && !useCases.has(value)) return undefined;
  return referred(reference, "use case", useCases, problems, shippedPlugins);
}

/** The name of a use case gives way to the plugin that it stands for. */
function followUseCase(settings: Map<string, Located>, { useCases }: Sections): void {
  const given = settings.get("use_case");
  if (typeof given?.value !== "string") return;
  const layer = useCases.get(given.value);
  const plugin = layer?.values.get("use_case");
  if (plugin !== undefined) settings.set("use_case", plugin);
  // Without a plugin of its own it is the one that ships with Sightline; an unknown one is reported.
  else if (layer !== undefined || isName(given.value) && !isShippedName(given.value)) {
    settings.delete("use_case");
  }
}

function followSecondary(
  settings: Map<string, Located>,
  sections: Sections,
  problems: FileProblem[],
): void {
  const given = settings.get("secondary");
  if (given === undefined) return;
  const expanded = expandSecondary(given, sections, problems);
  if (expanded === null) settings.delete("secondary");
  else settings.set("secondary", expanded);
}

function followSinks(
  settings: Map<string, Located>,
  { sinks }: Sections,
  problems: FileProblem[],
): void {
  const given = settings.get("sink");
  if (given?.elements === undefined) return;
  const elements = given.elements.map(({ value, place }) => {
    const named = typeof value === "string" ? sinks.get(value) : undefined;
    const isName = typeof value === "string" && value !== "stdout" && !value.includes(":");
    if (named === undefined && isName) {
      const hint = nearestOf(value, sinks, ["stdout"]);
      const message = hint.startsWith("did")
        ? `unknown sink, ${hint}`
        : `unknown sink, ${hint}, or must be ${allowedOf(sinkKinds)}`;
      problems.push({ setting: given.path, value, place, message });
    }
    return {
      // A destination is called what the file calls it.
      value: named === undefined ? value : withSetting(sinkKinds, named.value, "name", value),
      place,
      isMissing: named === undefined && isName,
    };
  }).filter(({ isMissing }) => !isMissing);
  settings.set("sink", { ...given, value: elements.map(({ value }) => value), elements });
}

function locate(
  problem: Problem,
  { process }: Sections,
  streams: readonly ExpandedStream[],
): FileProblem[] {
  const stream = problem.stream === undefined ? undefined : streams[problem.stream];
  const setting = problem.setting ?? "";
  const at = (name: string) => (stream?.settings ?? process.values).get(name);
  const found = at(setting);
  if (found !== undefined) {
    const element = problem.element === undefined ? undefined : found.elements?.[problem.element];
    const setting = [found.path, ...problem.within ?? []].join(".");
    const place = element?.place ?? found.place;
    const isWhole = found.asText !== undefined && Object.is(problem.value, found.value);
    return [{ ...plain(problem), setting, place, ...(isWhole && { value: found.asText }) }];
  }
  const beside = problem.beside === undefined ? undefined : at(problem.beside);
  if (beside !== undefined) {
    const path = beside.path.replace(/[^.]*$/, setting);
    return [{ ...plain(problem), setting: path, place: beside.place }];
  }
  if (stream?.lacksModel && backends.some((backend) => backend === setting)) return [];
  const { path, place } = stream?.layer ?? process;
  return [{ ...plain(problem), setting: path === "" ? setting : `${path}.${setting}`, place }];
}

function plain(
  { stream: _stream, beside: _beside, element: _element, ...problem }: Problem,
): Problem {
  return problem;
}
