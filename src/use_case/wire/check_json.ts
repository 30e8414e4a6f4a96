/** Validates free data of a plugin: plain JSON of bounded size. */

import { UseCaseError } from "../use_case_error.ts";

/** Levels of nesting. */
const maxDepth = 32;
/** Numbers, strings, lists and objects, all together. */
const maxValues = 100_000;
/** Characters of all strings and keys together. */
const maxCharacters = 1_000_000;

/**
 * Returns a plain copy: no getters, no prototypes but those of literals, and no key `__proto__`,
 * which would become the prototype of a copy made by assignment.
 * @throws {UseCaseError} for what JSON cannot hold, for cycles and for what is too large.
 */
export function checkJson(value: unknown, where: string): unknown {
  return new PlainCopy(where).of(value);
}

/** One copy under way, with what it may still take. */
class PlainCopy {
  readonly #where: string;
  /** Keys and indices from the top to the value that is looked at; made into words on refusal only. */
  readonly #path: (string | number)[] = [];
  #values = maxValues;
  #characters = maxCharacters;

  constructor(where: string) {
    this.#where = where;
  }

  of(value: unknown): unknown {
    if (--this.#values < 0) throw this.#tooMany(`${maxValues} values`);
    switch (typeof value) {
      case "number":
        if (Number.isFinite(value)) return value;
        throw this.#refusal(`is ${value}, allowed is a finite number`);
      case "string":
        return this.#text(value);
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.#ofObject(value);
      default:
        throw this.#refusal(`is of type ${typeof value}, allowed is what JSON can hold`);
    }
  }

  #ofObject(value: object): unknown {
    if (this.#path.length >= maxDepth) {
      throw this.#refusal(`lies deeper than ${maxDepth} levels (is it part of itself?)`);
    }
    if (Array.isArray(value)) return this.#ofList(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      throw this.#refusal("is binary, allowed is what JSON can hold (Array.from makes a list)");
    }
    if (value instanceof Date) return this.#text(value.toISOString());
    if (value instanceof Map || value instanceof Set) {
      throw this.#refusal(`is a ${value.constructor.name}, allowed is what JSON can hold`);
    }
    const plain: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (key === "__proto__") throw this.#refusal("has a key __proto__");
      const entry = (value as Record<string, unknown>)[key];
      if (entry === undefined) continue;
      this.#text(key);
      this.#path.push(key);
      plain[key] = this.of(entry);
      this.#path.pop();
    }
    return plain;
  }

  #ofList(value: readonly unknown[]): unknown[] {
    const { length } = value;
    if (length > this.#values) throw this.#tooMany(`${maxValues} values`);
    const list: unknown[] = [];
    for (let index = 0; index < length; index++) {
      this.#path.push(index);
      list.push(this.of(value[index]));
      this.#path.pop();
    }
    return list;
  }

  #text(value: string): string {
    this.#characters -= value.length;
    if (this.#characters >= 0) return value;
    throw this.#tooMany(`${maxCharacters} characters`);
  }

  #tooMany(limit: string): UseCaseError {
    return new UseCaseError(`Cannot use the analysis: ${this.#where} holds more than ${limit}`);
  }

  #refusal(what: string): UseCaseError {
    const steps = this.#path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`);
    return new UseCaseError(`Cannot use the analysis: ${this.#where}${steps.join("")} ${what}`);
  }
}
