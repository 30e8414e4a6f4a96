/** A model's inputs and outputs, as the model has them and as clients see them. */

import type { TensorSpec } from "../frame/model.ts";
import { type Layout, type Layouts, orderOf, permuteShape } from "./layout.ts";

/** A tensor as the model has it, and the way there from what clients send. */
export interface Port {
  readonly spec: TensorSpec;
  /** Order of dimensions as clients see it; null when no layout was given. */
  readonly letters: string | null;
  readonly toModel: readonly number[] | null;
  readonly toClient: readonly number[] | null;
}

/**
 * Every input and output by its name.
 * @throws {RangeError} when a layout does not fit the model
 */
export function openPorts(
  { inputs, outputs }: { inputs: readonly TensorSpec[]; outputs: readonly TensorSpec[] },
  layouts: Layouts,
): Map<string, Port> {
  checkNames(inputs, [...inputs, ...outputs], layouts);
  const ports = new Map<string, Port>();
  for (const spec of inputs) {
    ports.set(spec.name, openPort(spec, layouts.get(spec.name) ?? layouts.get("")));
  }
  for (const spec of outputs) ports.set(spec.name, openPort(spec, layouts.get(spec.name)));
  return ports;
}

/** Specs sorted by name, as OVMS lists them, in the order of dimensions that clients see. */
export function seenByClients(
  specs: readonly TensorSpec[],
  ports: ReadonlyMap<string, Port>,
): TensorSpec[] {
  return specs.map((spec) => {
    const { toClient } = ports.get(spec.name)!;
    return toClient === null ? spec : { ...spec, shape: permuteShape(spec.shape, toClient) };
  }).toSorted((a, b) => a.name < b.name ? -1 : 1);
}

function openPort(spec: TensorSpec, layout: Layout | undefined): Port {
  if (layout === undefined) return { spec, letters: null, toModel: null, toClient: null };
  const { client, model } = layout;
  if (model.length !== spec.shape.length) {
    throw new RangeError(
      `Cannot apply layout ${model} to ${spec.name}: it has ${spec.shape.length} dimensions`,
    );
  }
  const toModel = orderOf(client, model);
  return { spec, letters: client, toModel, toClient: orderOf(model, client) };
}

function checkNames(
  inputs: readonly TensorSpec[],
  specs: readonly TensorSpec[],
  layouts: Layouts,
): void {
  for (const name of layouts.keys()) {
    if (name === "" && inputs.length > 1) {
      throw new RangeError(
        `Cannot apply a layout without a name: the model has ${inputs.length} inputs`,
      );
    }
    if (name !== "" && !specs.some((spec) => spec.name === name)) {
      const known = specs.map((spec) => spec.name).join(", ");
      throw new RangeError(`Cannot apply a layout to ${name}: the model has ${known}`);
    }
  }
}
