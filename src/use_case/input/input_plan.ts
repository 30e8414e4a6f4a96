/** Plans the pixels to request from ffmpeg, from the input of the use case and of the model. */

import type { Frame, FrameFormat, PixelFormat } from "../../frame/frame.ts";
import { MemoryPool } from "../../frame/memory_pool.ts";
import { type ModelMetadata, noModelName, type TensorSpec } from "../../frame/model.ts";
import type { Tensors } from "../../frame/tensor.ts";
import { packers } from "./pack.ts";
import { UseCaseError } from "../use_case_error.ts";
import type { InputRequest } from "../use_case.ts";

/** How frames become the model's picture input. */
export interface InputPlan {
  /** What the source must deliver. */
  readonly format: FrameFormat;
  /** Packs one frame; without a per-pixel loop wherever the formats allow. */
  pack(frame: Frame): Tensors;
  /**
   * Takes back the memory of a packed frame that is not used any more, for a later one. Absent
   * where the frame's own bytes are packed.
   */
  release?(tensors: Tensors): void;
}

/** Packed frames whose memory is kept: as many as are on their way in a stream that keeps up. */
const spareTensors = 8;

/** Pixels of a frame: 8192 by 8192, which take 200 MB and are more than any camera has. */
const mostPixels = 2 ** 26;

/** Dimensions of a picture input, −1 where the model takes any. */
interface Dimensions {
  readonly layout: "NHWC" | "NCHW";
  readonly batched: boolean;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Plans the picture input. With `binaryInput` the frame is sent as one JPEG.
 * @throws {UseCaseError} when the use case cannot feed the model.
 */
export function planInput(
  request: InputRequest,
  model: ModelMetadata,
  binaryInput: boolean,
): InputPlan {
  const spec = pictureInput(request, model);
  const fit = request.fit ?? "stretch";
  if (binaryInput || spec.datatype === "BYTES") {
    const dims = spec.shape.length >= 3 ? dimensions(spec, request) : undefined;
    const format: FrameFormat = {
      ...size(request, spec, dims?.width ?? -1, dims?.height ?? -1),
      pixelFormat: "jpeg",
      fit,
    };
    return {
      format,
      pack: function packJpeg(frame) {
        return { [spec.name]: { datatype: "BYTES", shape: [1], data: [frame.data] } };
      },
    };
  }
  const dims = model.graph ? graphDimensions(request) : dimensions(spec, request);
  // MediaPipe's pictures are RGB.
  const channels = channelOrder(request, spec, dims.channels, model.graph ? "rgb" : "bgr");
  const makePacker = packers[spec.datatype];
  if (!makePacker) {
    throw new UseCaseError(
      `Cannot feed input "${spec.name}" of model "${model.name}": it takes ${spec.datatype}, ` +
        `pictures can be packed as ${
          Object.keys(packers).join(", ")
        }; give the use case a preprocess()`,
    );
  }
  const pixelFormat: PixelFormat = channels === "gray"
    ? "gray"
    : dims.layout === "NHWC"
    ? `${channels}24`
    : `${channels}p`;
  const packer = makePacker(request.range ?? 255);
  const memory = new MemoryPool(spareTensors);
  return {
    format: { ...size(request, spec, dims.width, dims.height), pixelFormat, fit },
    pack: function packPixels({ width, height, data: bytes }) {
      const extents = dims.layout === "NHWC"
        ? [height, width, channels === "gray" ? 1 : 3]
        : [channels === "gray" ? 1 : 3, height, width];
      const shape = dims.batched ? [1, ...extents] : extents;
      const data = packer === null
        ? bytes
        : packer.pack(bytes, memory.take(bytes.length * packer.elementBytes).buffer);
      return { [spec.name]: { datatype: spec.datatype, shape, data } };
    },
    ...(packer !== null && {
      release: function releasePixels(tensors: Tensors) {
        const data = tensors[spec.name]?.data;
        if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) {
          memory.give(data.buffer);
        }
      },
    }),
  };
}

/** The input that takes the picture: the one that is named, or the only one of picture shape. */
function pictureInput(request: InputRequest, model: ModelMetadata): TensorSpec {
  if (model.inputs.length === 0) {
    const missing = "the use case has no preprocess() that makes its own tensors";
    throw new UseCaseError(
      model.name === noModelName
        ? `Cannot work without a model: ${missing}; give --model_path or --ovms_url`
        : `Cannot feed model "${model.name}": its server names no inputs of it, and ${missing}`,
    );
  }
  const names = model.inputs.map((input) => `"${input.name}"`).join(", ");
  if (request.name !== undefined) {
    const named = model.inputs.find((input) => input.name === request.name);
    if (named) return named;
    throw new UseCaseError(
      `Cannot feed input "${request.name}" of model "${model.name}": it has ${names}`,
    );
  }
  const candidates = model.inputs.filter(({ datatype, shape }) =>
    model.graph || shape.length === 3 || shape.length === 4 ||
    (datatype === "BYTES" && shape.length <= 1)
  );
  if (candidates.length === 1) return candidates[0]!;
  throw new UseCaseError(
    candidates.length === 0
      ? `Cannot feed model "${model.name}": none of its inputs (${names}) takes a picture`
      : `Cannot feed model "${model.name}": several inputs take a picture (${names}), ` +
        `name one in the use case's input.name`,
  );
}

/**
 * What a graph takes is not said. Most take pictures of any size, height × width × channels; a use
 * case that says a layout means a tensor, which has a batch.
 */
function graphDimensions({ layout }: InputRequest): Dimensions {
  const open = { channels: -1, height: -1, width: -1 };
  return { layout: layout ?? "NHWC", batched: layout !== undefined, ...open };
}

function dimensions(spec: TensorSpec, request: InputRequest): Dimensions {
  const { shape } = spec;
  const batched = shape.length === 4;
  const shown = `[${shape.join(",")}]`;
  if (!batched && shape.length !== 3) {
    throw new UseCaseError(
      `Cannot feed input "${spec.name}": its shape ${shown} is no picture's (3 or 4 dimensions)`,
    );
  }
  const [batch, a, b, c] = (batched ? shape : [1, ...shape]) as [number, number, number, number];
  if (batch > 1) {
    throw new UseCaseError(
      `Cannot feed input "${spec.name}": its shape ${shown} has a batch of ${batch}, allowed is 1 or -1`,
    );
  }
  const isChannels = (extent: number) => extent === 3 || extent === 1;
  const layout = request.layout ?? (isChannels(c) && !isChannels(a) ? "NHWC" : "NCHW");
  return layout === "NHWC"
    ? { layout, batched, channels: c, height: a, width: b }
    : { layout, batched, channels: a, height: b, width: c };
}

function channelOrder(
  request: InputRequest,
  spec: TensorSpec,
  channels: number,
  usual: "bgr" | "rgb",
): "bgr" | "rgb" | "gray" {
  const wanted = request.channels ?? (channels === 1 ? "gray" : usual);
  const count = wanted === "gray" ? 1 : 3;
  if (channels !== -1 && channels !== count) {
    throw new UseCaseError(
      `Cannot feed input "${spec.name}": its shape [${spec.shape.join(",")}] has ${channels} ` +
        `channels, the use case sends ${count} (${wanted})`,
    );
  }
  return wanted;
}

/** The model's fixed size goes before the use case's; both may leave it to the stream. */
function size(
  request: InputRequest,
  spec: TensorSpec,
  modelWidth: number,
  modelHeight: number,
): Pick<FrameFormat, "width" | "height"> {
  const pick = (side: "width" | "height", modelSide: number) => {
    const wanted = request[side];
    if (modelSide === -1) return wanted;
    if (wanted !== undefined && wanted !== modelSide) {
      throw new UseCaseError(
        `Cannot feed input "${spec.name}": the use case sends ${side} ${wanted}, ` +
          `the model takes ${modelSide}`,
      );
    }
    return modelSide;
  };
  const width = pick("width", modelWidth);
  const height = pick("height", modelHeight);
  if ((width ?? 1) * (height ?? 1) > mostPixels) {
    throw new UseCaseError(
      `Cannot feed input "${spec.name}": pictures of ${width}×${height} pixels are too large, ` +
        `allowed are ${mostPixels} pixels`,
    );
  }
  return { ...(width !== undefined && { width }), ...(height !== undefined && { height }) };
}
