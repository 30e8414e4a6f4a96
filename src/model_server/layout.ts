/** OVMS's `--layout`: the order of dimensions that clients send against the one the model takes. */

import type { Tensor, TensorData } from "../frame/tensor.ts";
import { zeros } from "./element_types.ts";

/** Order of dimensions of one tensor, one letter each, such as `NHWC`. */
export interface Layout {
  /** As clients see it. */
  readonly client: string;
  /** As the model has it. */
  readonly model: string;
}

/** Layouts by name of the tensor; the empty name is that of the only input. */
export type Layouts = ReadonlyMap<string, Layout>;

/**
 * Reads `NHWC:NCHW` (clients send NHWC to a model that takes NCHW), `NHWC` (the model takes what
 * clients send), or a JSON object of these by name of the input or output.
 * @throws {SyntaxError}
 */
export function parseLayouts(text: string): Layouts {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return new Map([["", parseLayout(trimmed)]]);
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch (cause) {
    throw new SyntaxError(`Cannot parse layout ${trimmed}: not valid JSON`, { cause });
  }
  const layouts = Object.entries(value as Record<string, unknown>).map(([name, layout]) => {
    if (typeof layout !== "string") {
      throw new SyntaxError(`Cannot parse layout of ${name}: every layout must be a string`);
    }
    return [name, parseLayout(layout)] as const;
  });
  return new Map(layouts);
}

function parseLayout(text: string): Layout {
  const letters = text.toUpperCase().split(":");
  const [client = "", model = client] = letters;
  const sorted = (order: string) => [...order].sort().join("");
  const valid = letters.length <= 2 && /^[A-Z]+$/.test(client) &&
    new Set(client).size === client.length && sorted(client) === sorted(model);
  if (!valid) {
    throw new SyntaxError(
      `Cannot parse layout ${text}: must be such as NHWC:NCHW, the same letters on both sides, each once`,
    );
  }
  return { client, model };
}

/** For each dimension of `to`, where it stands in `from`; null when both are the same. */
export function orderOf(from: string, to: string): readonly number[] | null {
  if (from === to) return null;
  return [...to].map((letter) => from.indexOf(letter));
}

/** A shape in another order of dimensions. */
export function permuteShape(shape: readonly number[], order: readonly number[]): number[] {
  return order.map((index) => shape[index]!);
}

/** A tensor in another order of dimensions; null leaves it as it is. */
export function reorder(tensor: Tensor, order: readonly number[] | null): Tensor {
  if (order === null) return tensor;
  const { datatype, shape } = tensor;
  return { datatype, shape: permuteShape(shape, order), data: permute(tensor, order) };
}

// `order[i]` is where the new dimension i was.
function permute({ datatype, shape, data }: Tensor, order: readonly number[]): TensorData {
  const rank = shape.length;
  const strides = new Array<number>(rank).fill(1);
  for (let i = rank - 2; i >= 0; i--) strides[i] = strides[i + 1]! * shape[i + 1]!;
  const extents = permuteShape(shape, order);
  const steps = order.map((index) => strides[index]!);
  const from = data as unknown as { readonly [index: number]: number };
  const result = zeros(datatype, data.length);
  const to = result as { [index: number]: number };

  // Counts through the new shape like an odometer; the last dimension is the inner loop.
  const innerExtent = extents[rank - 1] ?? 1;
  const innerStep = steps[rank - 1] ?? 1;
  const position = new Array<number>(rank).fill(0);
  let source = 0;
  for (let target = 0; target < data.length; target += innerExtent) {
    for (let i = 0; i < innerExtent; i++) to[target + i] = from[source + i * innerStep]!;
    for (let d = rank - 2; d >= 0; d--) {
      source += steps[d]!;
      if (++position[d]! < extents[d]!) break;
      source -= steps[d]! * extents[d]!;
      position[d] = 0;
    }
  }
  return result;
}
