/** The JSON Schema of a configuration file, by which editors complete and check it. */

import { z } from "zod";
import type { Kind, Setting } from "../../settings/setting.ts";
import { secondarySettings } from "../../stream/settings.ts";
import { sinkKinds } from "../settings.ts";
import { asKey, sentence } from "../../settings/problem_line.ts";
import type { LayerKeys } from "./layer.ts";
import { namePattern, sectionKeys } from "./read_sections.ts";

type Json = Readonly<Record<string, unknown>>;

const variable = { $ref: "#/definitions/variable" };
const textList = {
  anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }],
};

/** Keys that no flag has. */
const own: Readonly<Record<string, Json>> = {
  model: { type: "string", description: "the name of a model in models" },
  name: {
    type: "string",
    pattern: namePattern.source,
    description: "what the stream is called behind the camera's name and a dot",
  },
  password_file: {
    type: "string",
    description: "file with the password of the user in stream_url",
  },
  use_cases: {
    type: "array",
    minItems: 1,
    description: "several use cases that share the camera and its decoding",
    items: { anyOf: [{ type: "string" }, { $ref: "#/definitions/stream_use_case" }] },
  },
};

/** Made from the tables that also make flags, help and checks; draft 7, which every editor knows. */
export function configSchema(): Json {
  const { more: _sections, ...top } = sectionKeys.process;
  const process = layer({ ...top, more: [] });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Sightline configuration",
    description: "What one Sightline process does, see docs/configuration.md",
    ...process,
    required: ["streams"],
    properties: {
      ...process["properties"] as Json,
      defaults: {
        ...layer(sectionKeys.defaults),
        description: "what holds for every stream that does not say otherwise",
      },
      models: named("definitions/model", "models by name"),
      use_cases: named("definitions/use_case", "use cases by name"),
      sinks: {
        type: "object",
        propertyNames: { pattern: namePattern.source },
        additionalProperties: { $ref: "#/definitions/sink" },
        description: "sinks by name, such as jsonl:records.jsonl",
      },
      streams: {
        ...named("definitions/stream", "streams by name: 1 to 64 letters, digits, dots, dashes, …"),
        propertyNames: { pattern: "^(?!\\.{1,2}$)[\\p{L}\\p{N}._-]{1,64}$" },
        minProperties: 1,
      },
    },
    definitions: {
      variable: {
        type: "string",
        pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}",
        description: "${NAME}: a variable of the environment",
      },
      model: layer(sectionKeys.model),
      use_case: layer(sectionKeys.useCase),
      sink: element(sinkKinds),
      stream: { ...layer(sectionKeys.stream), required: ["stream_url"] },
      stream_use_case: layer(sectionKeys.streamUseCase),
      secondary: {
        ...layer({ table: secondarySettings, more: ["model"] }),
        required: ["use_case"],
      },
    },
  };
}

function named(reference: string, description: string): Json {
  return {
    type: "object",
    propertyNames: { pattern: namePattern.source },
    additionalProperties: { $ref: `#/${reference}` },
    description,
  };
}

function layer({ table, more }: LayerKeys): Json {
  const settings = Object.entries(table).map(([name, setting]) => [name, property(name, setting)]);
  const others = more.map((name) => [name, own[name]]);
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...settings, ...others]),
  };
}

function property(name: string, setting: Setting): Json {
  if (name === "secondary") return { $ref: "#/definitions/secondary" };
  const { default: fallback = undefined } = setting;
  return {
    ...valueSchema(setting),
    description: sentence(setting.help, asKey),
    ...(fallback === undefined || Array.isArray(fallback) ? {} : { default: fallback }),
  };
}

function valueSchema({ kind, schema, within }: Setting): Json {
  if (kind === "json") return convert(schema, "input");
  if (within !== undefined && "kinds" in within) {
    const items = within.kinds === sinkKinds
      ? { $ref: "#/definitions/sink" }
      : element(within.kinds);
    return { anyOf: [items, { type: "array", items, minItems: 1 }] };
  }
  if (kind === "list") return textList;
  // A text that a function reads has no form of its own but that of its input.
  const output = convert(schema, "output");
  const value = Object.keys(output).length === 0 ? convert(schema, "input") : output;
  // What is a text already may hold a variable anyhow.
  const isText = JSON.stringify(value).includes('"string"') && !("enum" in value) &&
    !("pattern" in value);
  return isText ? value : { anyOf: [value, variable] };
}

/** A text, or a map with the name of a kind. */
function element(kinds: readonly Kind[]): Json {
  const maps = kinds.filter(({ settings }) => Object.keys(settings).length > 0).map((
    { kind, settings },
  ) => ({
    type: "object",
    additionalProperties: false,
    required: [kind],
    properties: {
      [kind]: {
        ...layer({ table: settings, more: [] }),
        required: Object.keys(settings).filter((name) => settings[name]?.required),
      },
    },
  }));
  return { anyOf: [{ type: "string" }, ...maps] };
}

function convert(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-7",
    io,
    unrepresentable: "any",
  });
  return json;
}
