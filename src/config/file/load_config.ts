/** From a configuration file to what the code sees, or to everything that is wrong with it. */

import { readFile, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { shortestSecret } from "../../log/mask.ts";
import type { Secrets } from "../../log/secret_mask.ts";
import { isSecretName } from "../../log/secret_names.ts";
import { fileMessage } from "../../log/system_message.ts";
import type { Problem } from "../../settings/problem.ts";
import { asKey, problemLine, sentence } from "../../settings/problem_line.ts";
import { checkTable } from "../../settings/check_table.ts";
import { checkStreamFiles, resolveConfig, type UserConfig } from "../resolve_config.ts";
import type { ResolvedConfig } from "../resolve_config.ts";
import type { Setting } from "../../settings/setting.ts";
import { applyPasswords } from "./apply_passwords.ts";
import { expandStreams } from "./expand_streams.ts";
import { type FileProblem, fileProblemLine, inOrder } from "./file_problem.ts";
import type { Layer } from "./layer.ts";
import { readSections, sectionKeys, type Sections } from "./read_sections.ts";
import { readYaml } from "./read_yaml.ts";
import type { Place } from "./yaml_node.ts";
import { type ReadEnv, substituteEnv } from "./substitute_env.ts";

/** A thousand cameras take a third of it. */
const maxBytes = 1_048_576;

/** What {@link loadConfig} made of a file. */
export interface LoadedConfig {
  /** Null when there is a problem. */
  readonly config: ResolvedConfig | null;
  /** One for each thing that is wrong. */
  readonly lines: readonly string[];
  /** What is right but has no effect, one sentence each. */
  readonly notices: readonly string[];
  readonly secrets: Secrets;
  /** What it depends on beside the files that a run reads anyhow. */
  readonly reads: ConfigReads;
  /** The settings of every stream, for showing: options are as they are written, before variables. */
  readonly shown: UserConfig;
}

/** What a configuration was made of. */
export interface ConfigReads {
  /** The file itself, and files with passwords. */
  readonly files: readonly string[];
  /** What these held; null where one could not be read. */
  readonly texts: readonly (string | null)[];
  /** Names of variables of the environment. */
  readonly env: readonly string[];
}

/** Settings of the process that the command line gives; they win over the file's. */
export type Overrides = Readonly<Record<string, unknown>>;

/** Reads and checks the file with all that it names. */
export async function loadConfig(
  file: string,
  overrides: Overrides = {},
  env: ReadEnv = Deno.env.get,
): Promise<LoadedConfig> {
  const text = await readText(file);
  if (text.kind === "wrong") {
    const lines = [problemLine({ setting: "config", value: file, message: text.message })];
    return { ...nothing, lines, reads: { files: [file], texts: [null], env: [] } };
  }
  const problems: FileProblem[] = [];
  const names = new Set<string>();
  const withheld = new Map<string, string>();
  const root = readYaml(text.text, problems);
  if (root === null && problems.length > 0) {
    return wrong(file, problems, { files: [file], texts: [text.text], env: [] });
  }
  const complete = root && substituteEnv(root, (name) => {
    names.add(name);
    const value = env(name);
    if (value !== undefined && value.length >= shortestSecret && isSecretName(name)) {
      withheld.set(value, name);
    }
    return value;
  }, problems);
  const unset = new Set(problems.map(({ place }) => placeKey(place)));
  const own = problems.splice(0);
  const read = readSections(complete, dirname(resolve(file)), problems);
  const { sections, files, texts } = await applyPasswords(read, problems);
  checkSections(sections, problems);
  const { user, locate, shown } = expandStreams(sections, problems);
  const result = resolveConfig({ ...user, process: { ...user.process, ...overrides } });
  const found = await checkStreamFiles(result.streams);
  const byFlag = (problem: Problem) =>
    problem.stream === undefined && Object.hasOwn(overrides, problem.setting ?? "");
  const all = [...result.problems, ...found];
  const flagLines = all.filter(byFlag).map(problemLine);
  problems.push(...all.filter((problem) => !byFlag(problem)).flatMap(locate));
  const reads = {
    files: [file, ...files],
    texts: [text.text, ...texts],
    env: [...names],
  };
  // Whatever else is wrong with a text that lacks a part follows from that.
  own.push(...problems.filter(({ place }) => place === null || !unset.has(placeKey(place))));
  // A name that is none is told of where it stands first, and that is enough.
  const named = new Set(problems.map(({ place }) => placeKey(place)));
  const told = own.filter(({ repeats }) => !repeats || !named.has(placeKey(repeats)));
  const loaded = wrong(file, told, reads);
  const lines = [...flagLines, ...loaded.lines].map((line) => withhold(line, withheld));
  return {
    config: lines.length === 0 ? result.config : null,
    lines,
    notices: [
      ...result.notices.map((notice) => sentence(notice, asKey)),
      ...unused(sections),
    ],
    secrets: result.secrets,
    reads,
    shown: { ...shown, process: { ...shown.process, ...overrides } },
  };
}

/** A secret that was put where it cannot stand is shown as it is written: as its variable. */
function withhold(line: string, names: ReadonlyMap<string, string>): string {
  let shown = line;
  for (const [value, name] of names) shown = shown.replaceAll(value, () => `\${${name}}`);
  return shown;
}

function placeKey(place: Place | null): string {
  return `${place?.line}:${place?.column}`;
}

const nothing: LoadedConfig = {
  config: null,
  lines: [],
  notices: [],
  secrets: { urls: [], words: [] },
  reads: { files: [], texts: [], env: [] },
  shown: { process: {}, streams: [] },
};

function wrong(file: string, problems: FileProblem[], reads: ConfigReads): LoadedConfig {
  const lines = inOrder(problems).map((problem) => fileProblemLine(file, problem));
  return { ...nothing, lines, reads };
}

type Text = { readonly kind: "right"; readonly text: string } | {
  readonly kind: "wrong";
  readonly message: string;
};

async function readText(file: string): Promise<Text> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes) return { kind: "wrong", message: `is larger than ${maxBytes} bytes` };
    const bytes = await readFile(file);
    return { kind: "right", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    const isText = !(error instanceof TypeError);
    return { kind: "wrong", message: isText ? fileMessage(error) : "is no text in UTF-8" };
  }
}

/** Each section by itself, so that one that no stream uses is checked as well. */
function checkSections({ defaults, models, useCases }: Sections, problems: FileProblem[]): void {
  checkLayer(defaults, sectionKeys.defaults.table, problems);
  for (const layer of models.values()) checkLayer(layer, sectionKeys.model.table, problems);
  for (const layer of useCases.values()) checkLayer(layer, sectionKeys.useCase.table, problems);
}

function checkLayer(
  { values }: Layer,
  table: Readonly<Record<string, Setting>>,
  problems: FileProblem[],
): void {
  const found: Problem[] = [];
  const given = Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
  // References are looked up elsewhere, names of sinks and use cases among them.
  const { sink: _sink, use_case: _useCase, ...own } = table;
  checkTable(own, given, found);
  for (const problem of found) {
    const { path, place, elements } = values.get(problem.setting ?? "")!;
    const element = elements?.[problem.element ?? NaN];
    problems.push({ ...problem, setting: path, place: element?.place ?? place });
  }
}

/** What is defined and not used. */
function unused({ defaults, models, useCases, sinks, streams }: Sections): string[] {
  const layers = [...streams.values()].flatMap((
    { layer, useCases },
  ) => [layer, ...(useCases ?? []).map(({ layer }) => layer)]).concat(defaults);
  const named = (key: string) =>
    new Set(layers.flatMap(({ values }) => {
      const found = values.get(key);
      const secondary = values.get("secondary")?.value as Readonly<Record<string, unknown>> | null;
      return [...found?.elements?.map(({ value }) => value) ?? [found?.value], secondary?.[key]];
    }));
  return ([["models", "model", models], ["use_cases", "use_case", useCases], [
    "sinks",
    "sink",
    sinks,
  ]] as const).flatMap(([section, key, entries]) => {
    const used = named(key);
    return [...entries.keys()].filter((name) => !used.has(name))
      .map((name) => `${section}.${name} is used by no stream`);
  });
}
