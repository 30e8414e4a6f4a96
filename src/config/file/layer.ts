/** Settings that stand together in a file: those of a stream, a model, the defaults. */

import { nearest } from "../../settings/nearest.ts";
import { rebasePath } from "../../settings/paths.ts";
import type { Setting } from "../../settings/setting.ts";
import { cameraSettings, processSettings, streamSettings } from "../settings.ts";
import type { FileProblem } from "./file_problem.ts";
import { type Place, plainValue, textValue, type YamlMap, type YamlNode } from "./yaml_node.ts";

/** One value with where it stands. */
export interface Located {
  readonly value: unknown;
  readonly place: Place;
  /** Such as `streams.door.fps`. */
  readonly path: string;
  /** Each element of a list. */
  readonly elements?: readonly { readonly value: unknown; readonly place: Place }[];
  /** The value before variables of the environment were put in, for those who show it. */
  readonly written?: unknown;
  /** A number as it stands in the file, where that is not how it is written anew. */
  readonly asText?: string;
}

/** Settings by name. */
export interface Layer {
  /** Where its name stands. */
  readonly place: Place;
  /** Such as `streams.door`. */
  readonly path: string;
  readonly values: ReadonlyMap<string, Located>;
}

/** What may stand in a layer. */
export interface LayerKeys {
  readonly table: Readonly<Record<string, Setting>>;
  /** Keys that no flag has, such as `model`. */
  readonly more: readonly string[];
}

/** What reading takes beside the node. */
export interface ReadContext {
  /** Where the file lies. */
  readonly directory: string;
  /** Whether a bare word in place of a plugin's path is the name of a use case. */
  readonly refersToUseCases: boolean;
  readonly problems: FileProblem[];
}

/** The layer that a map holds; keys that do not belong there become problems. */
export function readLayer(
  { entries }: YamlMap,
  { place, path }: Pick<Layer, "place" | "path">,
  { table, more }: LayerKeys,
  context: ReadContext,
): Layer {
  const values = new Map<string, Located>();
  for (const [name, { keyPlace, node }] of entries) {
    const valuePath = path === "" ? name : `${path}.${name}`;
    const setting = Object.hasOwn(table, name) ? table[name] : undefined;
    if (setting !== undefined) {
      values.set(name, { ...readSetting(setting, node, context), path: valuePath });
    } else if (more.includes(name)) {
      const value = textValue(node);
      const isFile = name === "password_file" && typeof value === "string";
      values.set(name, {
        value: isFile ? rebasePath(value, context.directory) : value,
        place: node.place,
        path: valuePath,
      });
    } else {
      const message = `unknown key, ${hint(name, path, [...Object.keys(table), ...more])}`;
      context.problems.push({ setting: valuePath, place: keyPlace, message });
    }
  }
  return { place, path, values };
}

function hint(name: string, path: string, known: readonly string[]): string {
  if (name === "stream_name") return "the name of a stream is its key in streams";
  if (path.includes(".use_cases[") && Object.hasOwn(cameraSettings, name)) {
    return "it belongs to the stream: its use cases share one camera";
  }
  const isStream = /^(streams|defaults)\b/.test(path);
  if (isStream && Object.hasOwn(processSettings, name)) return "it belongs at the top of the file";
  if (!isStream && Object.hasOwn(streamSettings, name)) return "it belongs to a stream or defaults";
  const closest = nearest(name, known);
  return closest === null ? `known are ${known.join(", ")}` : `did you mean ${closest}?`;
}

function readSetting(
  setting: Setting,
  node: YamlNode,
  { directory, refersToUseCases }: ReadContext,
): Omit<Located, "path"> {
  const rebase = (value: unknown) => {
    const isReference = refersToUseCases && setting.isReference?.(value);
    return isReference ? value : setting.rebase?.(value, directory) ?? value;
  };
  const { place } = node;
  switch (setting.kind) {
    case "json":
      return {
        value: rebase(plainValue(node)),
        place,
        written: plainValue(node, true),
      };
    case "list": {
      // One needs no brackets.
      const isEmpty = node.kind === "scalar" && node.value === null;
      if (isEmpty) return { value: null, place };
      const items = node.kind === "list" ? node.items : [node];
      const elements = items.map((item) => ({
        value: rebase(textValue(item)),
        place: item.place,
      }));
      return { value: elements.map(({ value }) => value), place, elements };
    }
    default: {
      const asText = node.kind === "scalar" ? node.asText : undefined;
      const value = rebase(typed(setting.kind, node));
      return { value, place, ...(asText !== undefined && { asText }) };
    }
  }
}

/** A variable of the environment is text: it becomes what the setting takes. */
function typed(kind: Setting["kind"], node: YamlNode): unknown {
  const value = kind === "text" ? textValue(node) : plainValue(node);
  const isFromEnv = node.kind === "scalar" && node.written !== undefined;
  if (!isFromEnv || typeof value !== "string") return value;
  if (kind === "number" && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(value)) return Number(value);
  if (kind === "switch" && /^(true|false)$/.test(value)) return value === "true";
  return value;
}
