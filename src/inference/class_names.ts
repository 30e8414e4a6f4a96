/** Class labels of a model, out of the forms in which models and servers give them. */

import { parse } from "yaml";
import type { ModelMetadata } from "../frame/model.ts";

/** More classes than any model has. */
const mostClasses = 1 << 16;

/** What a model's properties say of it, and which classes `names` among them tells. */
export function toldBy(
  properties: Readonly<Record<string, string>>,
): Pick<ModelMetadata, "labels" | "properties"> {
  const labels = parseClassNames(properties["names"] ?? "");
  return {
    ...(labels && { labels }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

/**
 * What a server says of a model besides its tensors: MLServer and Sightline in `parameters`, OVMS over
 * REST in `rt_info`, as the model API of OpenVINO has it. Anything that is no text is passed over.
 */
export function toldByServer(
  answer: { readonly parameters?: unknown; readonly rt_info?: unknown },
): Pick<ModelMetadata, "labels" | "properties"> {
  const texts = Object.entries(Object(answer.parameters)).flatMap(([name, value]) => {
    const text = typeof value === "string" ? value : Object(value).string_param;
    return typeof text === "string" ? [[name, text] as const] : [];
  });
  const told = toldBy(Object.fromEntries(texts));
  const labels = Object(Object(answer.rt_info).model_info).labels;
  if (told.labels !== undefined || typeof labels !== "string") return told;
  // Names apart by blanks, so that their own blanks are underscores.
  const names = labels.split(/\s+/).filter((name) => name !== "");
  if (names.length === 0 || names.length > mostClasses) return told;
  return { ...told, labels: names.map((name) => name.replaceAll("_", " ")) };
}

/**
 * Names by number of `{0: 'person', 1: 'bicycle'}` (Python's, as ultralytics writes it), of
 * `["person", "bicycle"]`, or of `person,bicycle`; undefined for what is none of these.
 */
export function parseClassNames(text: string): readonly string[] | undefined {
  let value: unknown = null;
  try {
    // Python's and JSON's literals are both YAML's flow style.
    value = parse(text, { maxAliasCount: 0, logLevel: "silent" });
  } catch {
    // It names nothing.
  }
  if (typeof value === "string") return value.includes(",") ? named(split(value)) : undefined;
  // A list names by its indices; null and a number name nothing.
  return named(Object.entries(Object(value)).map(([id, name]) => [Number(id), name]));
}

function split(text: string): [number, string][] {
  return [...text.split(",").map((name) => name.trim()).entries()];
}

function named(entries: readonly (readonly [number, unknown])[]): readonly string[] | undefined {
  const isName = ([id, name]: readonly [number, unknown]) =>
    Number.isInteger(id) && id >= 0 && id < mostClasses && typeof name === "string" && name !== "";
  if (entries.length === 0 || !entries.every(isName)) return undefined;
  const names = new Map(entries as readonly (readonly [number, string])[]);
  const length = Math.max(...names.keys()) + 1;
  return Array.from({ length }, (_, id) => names.get(id) ?? `label ${id}`);
}
