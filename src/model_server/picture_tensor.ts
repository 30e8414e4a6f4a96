/** Pictures into tensors: several files of one request, and tensors of another size. */

import type { TensorSpec } from "../frame/model.ts";
import type { DataType, Tensor } from "../frame/tensor.ts";
import { splitByteStrings } from "../inference/codecs.ts";
import { zeros } from "./element_types.ts";
import { orderOf, permuteShape, reorder } from "./layout.ts";
import { type DecodedPicture, decodePicture, resizePicture } from "./picture.ts";
import type { RequestInput } from "./request.ts";
import { ServerError } from "./server_error.ts";

// What OVMS takes a tensor to be when it was started without --layout: a batch of whatever.
const unknownLayout = "N???";

/**
 * Decodes the encoded pictures of an input into one tensor in the order of dimensions that
 * clients see, which must be NHWC. As in OVMS a model that was not given a layout takes pictures
 * only if its shape reads as NHWC, and then in its own size only.
 * @throws {ServerError}
 */
export async function readPictures(
  spec: TensorSpec,
  letters: string | null,
  input: RequestInput,
): Promise<Tensor> {
  const layout = letters ?? unknownLayout;
  if (layout !== "NHWC" && layout !== unknownLayout) throw new ServerError("picture_layout");
  const [, specHeight = -1, specWidth = -1, specChannels = -1] = spec.shape;
  const scalable = layout === "NHWC" && !spec.shape.includes(-1);

  const pictures: DecodedPicture[] = [];
  for (const file of picturesOf(input)) {
    const decoded = await decodePicture(file, requirePixels(spec.datatype));
    if (specChannels !== -1 && specChannels !== decoded.channels) {
      throw new ServerError("picture_channels");
    }
    const first = pictures[0] ?? decoded;
    if (!scalable && (first.height !== decoded.height || first.width !== decoded.width)) {
      throw new ServerError("picture_sizes");
    }
    const height = specHeight === -1 ? first.height : specHeight;
    const width = specWidth === -1 ? first.width : specWidth;
    if (!scalable && (decoded.height !== height || decoded.width !== width)) {
      throw new ServerError("shape");
    }
    pictures.push(resizePicture(decoded, height, width));
  }
  return stack(spec.datatype, pictures);
}

/**
 * Scales a batch of pictures to the size the model has, when it has one. OVMS with `--shape auto`
 * rebuilds the model for the new size; onnxruntime cannot, so the picture gives way instead.
 */
export function resizeTensor(spec: TensorSpec, letters: string | null, tensor: Tensor): Tensor {
  const layout = letters ?? (isChannels(spec.shape[1]) ? "NCHW" : "NHWC");
  const pictures = spec.shape.length === 4 && spec.datatype !== "BYTES" &&
    spec.datatype !== "INT64" && spec.datatype !== "UINT64";
  const inward = orderOf(layout, "NHWC") ?? [0, 1, 2, 3];
  if (!pictures || inward.includes(-1)) return tensor;
  const { shape } = tensor;
  const wanted = shape.map((extent, i) => spec.shape[i] === -1 ? extent : spec.shape[i]!);
  if (wanted.every((extent, i) => extent === shape[i])) return tensor;

  const { datatype, shape: nhwc, data } = reorder(tensor, orderOf(layout, "NHWC"));
  const [count = 0, height = 0, width = 0, channels = 0] = nhwc;
  const [, toHeight = 0, toWidth = 0, toChannels = 0] = permuteShape(wanted, inward);
  if (channels !== toChannels) throw new ServerError("shape");
  const size = height * width * channels;
  const scaled = Array.from({ length: count }, (_, i) => {
    const pixels = (data as Float32Array).subarray(i * size, (i + 1) * size);
    return resizePicture({ datatype, data: pixels, height, width, channels }, toHeight, toWidth);
  });
  return reorder(stack(datatype, scaled), orderOf("NHWC", layout));
}

function picturesOf({ content }: RequestInput): readonly Uint8Array[] {
  if (content.kind === "raw") {
    if (content.bytes.byteLength === 0) throw new ServerError("bytes_contents_empty");
    return splitByteStrings(content.bytes)!;
  }
  if (content.kind === "values") throw new ServerError("not_implemented");
  return content.strings;
}

function requirePixels(datatype: DataType): DataType {
  const pixels: DataType[] = ["UINT8", "INT8", "UINT16", "INT16", "INT32", "FP16", "FP32", "FP64"];
  if (!pixels.includes(datatype)) throw new ServerError("precision");
  return datatype;
}

function stack(datatype: DataType, pictures: readonly DecodedPicture[]): Tensor {
  const { height = 0, width = 0, channels = 0 } = pictures[0] ?? {};
  const size = height * width * channels;
  const data = zeros(datatype, pictures.length * size) as Float32Array;
  pictures.forEach((picture, i) => data.set(picture.data as Float32Array, i * size));
  return { datatype, shape: [pictures.length, height, width, channels], data };
}

function isChannels(extent: number | undefined): boolean {
  return extent === 1 || extent === 3 || extent === 4;
}
