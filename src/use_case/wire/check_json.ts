/** Free data of a plugin: plain, finite in size, and JSON. */

import { UseCaseError } from "../use_case_error.ts";

/** Levels of nesting. */
const maxDepth = 32;
/** Numbers, strings, lists and objects, all together. */
const maxValues = 100_000;
/** Characters of all strings and keys together. */
const maxCharacters = 1_000_000;

/**
 * Returns a plain copy: no getters, no prototypes but those of literals, and no key `__proto__`,
 * which would become a prototype in whoever copies by assignment.
 * @throws {UseCaseError} for what JSON cannot hold, for cycles and for what is too large.
 */
export function checkJson(value: unknown, where: string): unknown {
  const left = { values: maxValues, characters: maxCharacters };

  function copy(value: unknown, path: string, depth: number): unknown {
    if (--left.values < 0) throw refusal(`${where} holds more than ${maxValues} values`);
    switch (typeof value) {
      case "number":
        if (Number.isFinite(value)) return value;
        throw refusal(`${path} is ${value}, allowed is a finite number`);
      case "string":
        return text(value);
      case "boolean":
        return value;
      case "object":
        break;
      default:
        throw refusal(`${path} is of type ${typeof value}, allowed is what JSON can hold`);
    }
    if (value === null) return null;
    if (depth >= maxDepth) {
      throw refusal(`${path} lies deeper than ${maxDepth} levels (is it part of itself?)`);
    }
    if (Array.isArray(value)) {
      if (value.length > left.values) {
        throw refusal(`${where} holds more than ${maxValues} values`);
      }
      return Array.from(value, (entry, index) => copy(entry, `${path}[${index}]`, depth + 1));
    }
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      throw refusal(`${path} is binary, allowed is what JSON can hold (Array.from makes a list)`);
    }
    if (value instanceof Date) return text(value.toISOString());
    if (value instanceof Map || value instanceof Set) {
      throw refusal(`${path} is a ${value.constructor.name}, allowed is what JSON can hold`);
    }
    const plain: Record<string, unknown> = {};
    for (const [key, entry] of Object.entries(value)) {
      if (key === "__proto__") throw refusal(`${path} has a key __proto__`);
      if (entry === undefined) continue;
      plain[text(key)] = copy(entry, `${path}.${key}`, depth + 1);
    }
    return plain;
  }

  function text(value: string): string {
    left.characters -= value.length;
    if (left.characters >= 0) return value;
    throw refusal(`${where} holds more than ${maxCharacters} characters`);
  }

  return copy(value, where, 0);
}

function refusal(what: string): UseCaseError {
  return new UseCaseError(`Cannot use the analysis: ${what}`);
}
