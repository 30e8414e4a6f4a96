import type { TensorflowServing } from "../src/inference/transport/protos.ts";

/** The model that the instant server pretends to be: an SSD detector with one picture input. */
export interface CannedModel {
  readonly name: string;
  readonly datatype: "UINT8" | "FP32";
  readonly layout: "NHWC" | "NCHW";
  /** Pixels; −1 takes any. */
  readonly height: number;
  /** Pixels; −1 takes any. */
  readonly width: number;
}

const rowCount = 200;
const fieldCount = 7;

/** Shape of the picture input. */
export function inputShape({ layout, height, width }: CannedModel): number[] {
  return layout === "NHWC" ? [1, height, width, 3] : [1, 3, height, width];
}

/**
 * The detector's output as raw bytes: one person, then the end mark. Its left edge carries a frame
 * number, so that a record tells which frame it is about.
 */
export function detections(frame: number): Uint8Array {
  const rows = new Float32Array(rowCount * fieldCount);
  rows.set([0, 1, 0.99, encodeFrame(frame), 0.25, 0.5, 0.75]);
  rows[fieldCount] = -1;
  return new Uint8Array(rows.buffer);
}

/** The frame number that a record's box carries. */
export function decodeFrame(left: number): number {
  return Math.round(left * 4096);
}

// A power of two, so that float32 holds the quotient exactly.
function encodeFrame(frame: number): number {
  return frame / 4096;
}

/** `ModelMetadata` of KServe v2. */
export function kserveMetadata(model: CannedModel): object {
  return {
    name: model.name,
    versions: ["1"],
    platform: "canned",
    inputs: [{ name: "image", datatype: model.datatype, shape: inputShape(model) }],
    outputs: [{ name: "detection_out", datatype: "FP32", shape: [1, 1, rowCount, fieldCount] }],
  };
}

/** `ModelInfer` of KServe v2. */
export function kserveAnswer(model: CannedModel, frame: number): object {
  return {
    model_name: model.name,
    model_version: "1",
    outputs: [{ name: "detection_out", datatype: "FP32", shape: [1, 1, rowCount, fieldCount] }],
    raw_output_contents: [detections(frame)],
  };
}

/** `GetModelMetadata` of TensorFlow Serving. */
export function tensorflowMetadata(model: CannedModel, serving: TensorflowServing): object {
  const signature = {
    inputs: {
      image: tensorInfo(
        "image",
        model.datatype === "UINT8" ? "DT_UINT8" : "DT_FLOAT",
        inputShape(model),
      ),
    },
    outputs: {
      detection_out: tensorInfo("detection_out", "DT_FLOAT", [1, 1, rowCount, fieldCount]),
    },
  };
  const value = serving.signatureDefMap.serialize({
    signature_def: { serving_default: signature },
  });
  return {
    model_spec: { name: model.name, version: { value: 1 } },
    metadata: {
      signature_def: {
        type_url: "type.googleapis.com/tensorflow.serving.SignatureDefMap",
        value,
      },
    },
  };
}

/** `Predict` of TensorFlow Serving. */
export function tensorflowAnswer(model: CannedModel): object {
  return {
    model_spec: { name: model.name, version: { value: 1 } },
    outputs: {
      detection_out: {
        dtype: "DT_FLOAT",
        tensor_shape: shapeProto([1, 1, rowCount, fieldCount]),
        tensor_content: detections(0),
      },
    },
  };
}

function tensorInfo(name: string, dtype: string, shape: number[]): object {
  return { name, dtype, tensor_shape: shapeProto(shape) };
}

function shapeProto(shape: number[]): object {
  return { dim: shape.map((size) => ({ size })) };
}
