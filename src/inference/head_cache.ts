/** What requests of one kind have in common, made once. */

import type { Tensors } from "../frame/tensor.ts";

/** Kinds remembered: as many as one model is likely to be asked. */
const capacity = 16;

/** Things by the names, types and shapes of a request's inputs. */
export class HeadCache<Head> {
  readonly #heads = new Map<string, Head>();

  /** What `make` made for inputs of this kind. */
  get(inputs: Tensors, make: () => Head): Head {
    let key = "";
    for (const [name, { datatype, shape }] of Object.entries(inputs)) {
      key += `${name} ${datatype} ${shape.join()};`;
    }
    let head = this.#heads.get(key);
    if (head === undefined) {
      head = make();
      if (this.#heads.size >= capacity) this.#heads.clear();
      this.#heads.set(key, head);
    }
    return head;
  }
}
