/** What requests of one kind have in common, made once. */

import type { Tensor, Tensors } from "../frame/tensor.ts";

/** Kinds remembered: as many as one model is likely to be asked. */
const capacity = 16;

interface Kind<Head> {
  /** Without data. */
  readonly inputs: readonly ({ readonly name: string } & Pick<Tensor, "datatype" | "shape">)[];
  readonly head: Head;
}

/** Things by the names, types and shapes of a request's inputs. */
export class HeadCache<Head> {
  /** Oldest first. */
  readonly #kinds: Kind<Head>[] = [];

  /** What `make` made for inputs of this kind. */
  get(inputs: Tensors, make: () => Head): Head {
    // Compared, since a key to look up would be made of text for every request.
    for (const kind of this.#kinds) {
      if (isOfKind(kind, inputs)) return kind.head;
    }
    const head = make();
    const described = Object.entries(inputs)
      .map(([name, { datatype, shape }]) => ({ name, datatype, shape: [...shape] }));
    this.#kinds.push({ inputs: described, head });
    if (this.#kinds.length > capacity) this.#kinds.shift();
    return head;
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
