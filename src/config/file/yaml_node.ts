/** What a YAML file holds, with where it stands. */

/** Both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A part of the file. */
export type YamlNode = YamlScalar | YamlList | YamlMap;

/** Text, a number, true, false or nothing. */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: unknown;
  /** Of a number that stands there in another way, such as 01 or 1.10. */
  readonly asText?: string;
  /** As it stands in the file, where variables of the environment were put in. */
  readonly written?: string;
}

/** Several of them. */
export interface YamlList {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly YamlNode[];
}

/** Names with what belongs to each. */
export interface YamlMap {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, YamlEntry>;
}

/** One line of a {@link YamlMap}. */
export interface YamlEntry {
  readonly keyPlace: Place;
  readonly node: YamlNode;
}

/** The value without places. `written` takes variables of the environment as they are written. */
export function plainValue(node: YamlNode, written = false): unknown {
  switch (node.kind) {
    case "scalar":
      return written ? node.written ?? node.value : node.value;
    case "list":
      return node.items.map((item) => plainValue(item, written));
    case "map":
      return Object.fromEntries(
        [...node.entries].map(([key, { node }]) => [key, plainValue(node, written)]),
      );
  }
}

/** The value where a text is wanted: 01 is no 1. */
export function textValue(node: YamlNode): unknown {
  return node.kind === "scalar" && node.asText !== undefined ? node.asText : plainValue(node);
}

/** What a node is called in an error. */
export function kindOf(node: YamlNode): string {
  if (node.kind !== "scalar") return `a ${node.kind}`;
  return node.value === null ? "nothing" : `a ${typeof node.value}`;
}
