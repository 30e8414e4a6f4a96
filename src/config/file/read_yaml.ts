/** From the text of a YAML file to its nodes, with every fault of its syntax. */

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Alias, Document, ParsedNode, Scalar } from "yaml";
import type { FileProblem } from "./file_problem.ts";
import type { Place, YamlEntry, YamlMap, YamlNode, YamlScalar } from "./yaml_node.ts";

/** More than any configuration has; a few lines of aliases can stand for billions. */
const maxNodes = 200_000;
const maxDepth = 100;
/** One bracket too many can make a fault of every line behind it. */
const maxFaults = 20;

/** The content of the file; null when there is none, or when its syntax is at fault. */
export function readYaml(text: string, problems: FileProblem[]): YamlNode | null {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  // Keys that stand twice are found here, in linear time, and with the place of the first.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    keepSourceTokens: false,
  });
  const faults = [...document.errors, ...document.warnings];
  const hinted = new Set<number>();
  for (const { pos, code, message } of faults.slice(0, maxFaults)) {
    const place = at(pos[0]);
    const words = plainWords[code] ?? firstLine(message);
    // The braces of a variable end a bare text within others; one fault a line tells it.
    const hasVariable = text.split("\n")[place.line - 1]?.includes("${") ?? false;
    if (hinted.has(place.line)) continue;
    if (hasVariable) hinted.add(place.line);
    problems.push(fault(place, hasVariable ? `${words}; ${quotesHint}` : words));
  }
  // What follows from a fault of the syntax is none of its own.
  if (faults.length > 0 || document.contents === null) return null;
  try {
    return new Reader(document, at, problems).node(document.contents, at(0));
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error;
    problems.push(fault(error.place, error.message));
    return null;
  }
}

const quotesHint = 'within { } or [ ] a text with ${NAME} needs quotes: "${NAME}"';

/** Where the parser's own words are for programmers. */
const plainWords: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: "--- begins another document here, must be one only",
  RESOURCE_EXHAUSTION: `is nested too deep, must be at most ${maxDepth} levels`,
};

class TooMuch extends Error {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/** Walks the parser's tree: follows aliases, merges `<<`, and finds keys that stand twice. */
class Reader {
  readonly #document: Document.Parsed;
  readonly #at: (offset: number) => Place;
  readonly #problems: FileProblem[];
  /** What is being read; an alias to one of these would never end. */
  readonly #open = new Set<unknown>();
  #count = 0;

  constructor(
    document: Document.Parsed,
    at: (offset: number) => Place,
    problems: FileProblem[],
  ) {
    this.#document = document;
    this.#at = at;
    this.#problems = problems;
  }

  node(node: ParsedNode | null, fallback: Place): YamlNode {
    const place = node === null ? fallback : this.#at(node.range[0]);
    if (++this.#count > maxNodes) {
      throw new TooMuch(place, `aliases make this more than ${maxNodes} values`);
    }
    if (isAlias(node)) return this.#alias(node, place);
    if (isSeq(node)) {
      const items = node.items as ParsedNode[];
      return { kind: "list", place, items: this.#inside(node, place, () => this.#items(items)) };
    }
    if (isMap(node)) {
      const pairs = node.items as Pair[];
      return { kind: "map", place, entries: this.#inside(node, place, () => this.#entries(pairs)) };
    }
    return { kind: "scalar", place, ...(isScalar(node) ? content(node) : { value: null }) };
  }

  #inside<Result>(node: unknown, place: Place, read: () => Result): Result {
    if (this.#open.has(node)) throw new TooMuch(place, "this alias is part of what it stands for");
    if (this.#open.size >= maxDepth) {
      throw new TooMuch(place, `is nested too deep, must be at most ${maxDepth} levels`);
    }
    this.#open.add(node);
    try {
      return read();
    } finally {
      this.#open.delete(node);
    }
  }

  #alias(alias: Alias.Parsed, place: Place): YamlNode {
    const target = alias.resolve(this.#document) as ParsedNode | undefined;
    if (target !== undefined) return this.node(target, place);
    this.#problems.push(fault(place, `there is no anchor &${alias.source} above`));
    return { kind: "scalar", place, value: null };
  }

  #items(items: readonly ParsedNode[]): YamlNode[] {
    return items.map((item) => this.node(item, this.#at(0)));
  }

  #entries(pairs: readonly Pair[]): YamlMap["entries"] {
    const entries = new Map<string, YamlEntry>();
    const merged: YamlMap["entries"][] = [];
    for (const { key, value } of pairs) {
      const keyPlace = this.#at(key?.range[0] ?? 0);
      if (!isScalar(key)) {
        this.#problems.push(fault(keyPlace, "a key must be a word"));
        continue;
      }
      // A key is text: YAML would take 01, 1.10 and 1e3 for numbers, and another camera.
      const name = key.type === "PLAIN" ? key.source ?? "" : String(key.value ?? "");
      const node = this.node(value, keyPlace);
      if (name === "<<" && key.type === "PLAIN") merged.push(...this.#mergeable(node));
      else this.#add(entries, name, { keyPlace, node });
    }
    // What stands in the map itself counts, then the first that was merged in.
    for (const [name, entry] of merged.flatMap((map) => [...map])) {
      if (!entries.has(name)) entries.set(name, entry);
    }
    return entries;
  }

  #add(entries: Map<string, YamlEntry>, name: string, entry: YamlEntry): void {
    const before = entries.get(name);
    if (before === undefined) {
      entries.set(name, entry);
      return;
    }
    const message = `${
      JSON.stringify(name)
    } stands here twice, first in line ${before.keyPlace.line}`;
    this.#problems.push({ ...fault(entry.keyPlace, message), repeats: before.keyPlace });
  }

  #mergeable(node: YamlNode): YamlMap["entries"][] {
    if (node.kind === "map") return [node.entries];
    if (node.kind === "list") return node.items.flatMap((item) => this.#mergeable(item));
    this.#problems.push(fault(node.place, "<< takes a map, or a list of maps"));
    return [];
  }
}

/** A number that YAML writes otherwise than it stood there keeps its text as well. */
function content({ value, source }: Scalar): Pick<YamlScalar, "value" | "asText"> {
  const isOther = typeof value === "number" && source !== undefined && String(value) !== source;
  return isOther ? { value, asText: source } : { value };
}

interface Pair {
  readonly key: ParsedNode | Scalar.Parsed | null;
  readonly value: ParsedNode | null;
}

function fault(place: Place | null, message: string): FileProblem {
  return { setting: null, place, message };
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0]!;
}
