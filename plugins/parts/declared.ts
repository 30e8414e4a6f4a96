import type { DataType, ModelMetadata, TensorData, Tensors, TensorSpec } from "../../src/mod.ts";

/** Default extents for dynamic dimensions of a model. */
export interface Open {
  /** For the first of several dimensions. @default {1} */
  readonly batch?: number;
  /** For any other. */
  readonly extent: number;
}

/**
 * The outputs that a model's metadata promises, without their elements: what reads an answer can be
 * tried on them before there is one, so that a model that does not fit is refused at the start. Null
 * when the metadata tells nothing.
 */
export function declaredOutputs({ graph, outputs }: ModelMetadata, open: Open): Tensors | null {
  if (graph || outputs.length === 0) return null;
  return Object.fromEntries(outputs.map((spec) => {
    const { name, datatype } = spec;
    return [name, { datatype, shape: closed(spec, open), data: nothing(datatype) }];
  }));
}

function closed({ shape }: TensorSpec, { batch = 1, extent }: Open): number[] {
  return shape.map((given, at) =>
    given >= 0 ? given : at === 0 && shape.length > 1 ? batch : extent
  );
}

function nothing(datatype: DataType): TensorData {
  switch (datatype) {
    case "FP32":
      return new Float32Array();
    case "FP16":
      return new Float16Array();
    case "BYTES":
      return [];
    default:
      return new Uint8Array();
  }
}
