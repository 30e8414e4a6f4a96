/** Request prefixes: what goes before the elements, encoded once for inputs of the same names, types and shapes. */

import type { Tensor, Tensors } from "../frame/tensor.ts";

/** Kinds of requests kept: one model is seldom asked more. */
const capacity = 16;

interface Kind<Prefix> {
  /** Without data. */
  readonly inputs: readonly ({ readonly name: string } & Pick<Tensor, "datatype" | "shape">)[];
  readonly prefix: Prefix;
}

/** Prefixes by the names, types and shapes of a request's inputs. */
export class RequestPrefixCache<Prefix> {
  /** Oldest first. */
  readonly #kinds: Kind<Prefix>[] = [];

  /** The prefix for inputs of this kind, which `make` makes when there is none yet. */
  get(inputs: Tensors, make: () => Prefix): Prefix {
    // Compared, since a key to look up would be made of text for every request.
    for (const kind of this.#kinds) {
      if (isOfKind(kind, inputs)) return kind.prefix;
    }
    const prefix = make();
    const described = Object.entries(inputs)
      .map(([name, { datatype, shape }]) => ({ name, datatype, shape: [...shape] }));
    this.#kinds.push({ inputs: described, prefix });
    if (this.#kinds.length > capacity) this.#kinds.shift();
    return prefix;
  }
}

function isOfKind(kind: Kind<unknown>, inputs: Tensors): boolean {
  let index = 0;
  for (const name in inputs) {
    const known = kind.inputs[index++];
    const { datatype, shape } = inputs[name]!;
    if (known?.name !== name || known.datatype !== datatype) return false;
    if (!areEqual(known.shape, shape)) return false;
  }
  return index === kind.inputs.length;
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return false;
  }
  return true;
}
