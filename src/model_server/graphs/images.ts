/** Pictures of graphs: into the served model, and with what it found drawn into them. */

import type { TensorSpec } from "../../frame/model.ts";
import type { Tensor } from "../../frame/tensor.ts";
import { encodeTensor } from "../../inference/codecs.ts";
import { zeros } from "../element_types.ts";
import { orderOf, reorder } from "../layout.ts";
import { decodePicture, resizePicture } from "../picture.ts";
import type { RequestInput } from "../request.ts";
import type { Servable } from "../servable.ts";
import { ServerError } from "../server_error.ts";

/** A box in fractions of the picture. */
export interface DrawnBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Values of one row of an SSD's output. */
const valuesPerRow = 7;
const leastConfidence = 0.3;
const lineWidth = 2;

/** A picture as a graph has it, from a picture or from a file of one. */
export async function toImage(tensor: Tensor): Promise<Tensor> {
  if (tensor.datatype !== "BYTES") return tensor;
  const [file] = tensor.data as readonly Uint8Array[];
  const { data: bgr, height, width } = await decodePicture(file!, "UINT8");
  return { datatype: "UINT8", shape: [height, width, 3], data: swapped(bgr as Uint8Array) };
}

/** What the served model, whose only input is a picture, says of this one. */
export async function askModel(servable: Servable, image: Tensor): Promise<Tensor> {
  const [spec] = servable.inputs;
  if (spec?.shape.length !== 4) throw new ServerError("not_implemented");
  const input = toInput(spec, image);
  const [output] = Object.values(await servable.infer([input], []));
  return output!;
}

/** The boxes of an SSD's output; of any other, one in the middle, so that there is something to draw. */
export function boxesOf({ shape, data }: Tensor): DrawnBox[] {
  if (shape.at(-1) !== valuesPerRow) {
    return [{ left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 }];
  }
  const rows = data as Float32Array;
  const boxes: DrawnBox[] = [];
  for (let at = 0; at < rows.length && rows[at]! >= 0; at += valuesPerRow) {
    const [, , confidence, left, top, right, bottom] = rows.subarray(at, at + valuesPerRow);
    if (confidence! < leastConfidence) continue;
    boxes.push({ left: left!, top: top!, right: right!, bottom: bottom! });
  }
  return boxes;
}

/** The picture with outlines of the boxes in red. */
export function draw({ datatype, shape, data }: Tensor, boxes: readonly DrawnBox[]): Tensor {
  const [height = 0, width = 0, channels = 0] = shape;
  const drawn = (data as Uint8Array).slice();
  const put = (x: number, y: number) => {
    const at = (y * width + x) * channels;
    for (let channel = 0; channel < channels; channel++) {
      drawn[at + channel] = channel === 0 ? 255 : 0;
    }
  };
  for (const box of boxes) {
    const [left, right] = [place(box.left, width), place(box.right, width)];
    const [top, bottom] = [place(box.top, height), place(box.bottom, height)];
    for (let y = top; y <= bottom; y++) {
      const isEdge = y - top < lineWidth || bottom - y < lineWidth;
      for (let x = left; x <= right; x++) {
        if (isEdge || x - left < lineWidth || right - x < lineWidth) put(x, y);
      }
    }
  }
  return { datatype, shape, data: drawn };
}

function toInput(spec: TensorSpec, { shape, data }: Tensor): RequestInput {
  const { name, datatype } = spec;
  const [, a = 0, b = 0, c = 0] = spec.shape;
  const isPlanar = a === 3 && c !== 3;
  const [height, width] = isPlanar ? [b, c] : [a, b];
  const [fromHeight = 0, fromWidth = 0] = shape;
  // Of dynamic size: as it came.
  const toHeight = height > 0 ? height : fromHeight;
  const toWidth = width > 0 ? width : fromWidth;
  const bgr = swapped(data as Uint8Array);
  const picture = { datatype: "UINT8" as const, data: bgr, height: fromHeight, width: fromWidth };
  const resized = resizePicture({ ...picture, channels: 3 }, toHeight, toWidth);
  const elements = zeros(datatype, toHeight * toWidth * 3) as Float32Array;
  elements.set(resized.data as Uint8Array);
  const tensor: Tensor = { datatype, shape: [1, toHeight, toWidth, 3], data: elements };
  const placed = isPlanar ? reorder(tensor, orderOf("NHWC", "NCHW")) : tensor;
  const content = { kind: "raw" as const, bytes: encodeTensor(name, placed) };
  return { name, datatype, spelled: datatype, shape: placed.shape, content };
}

/** RGB for BGR, and the other way round. */
function swapped(pixels: Uint8Array): Uint8Array {
  const other = pixels.slice();
  for (let at = 0; at + 2 < other.length; at += 3) {
    other[at] = pixels[at + 2]!;
    other[at + 2] = pixels[at]!;
  }
  return other;
}

function place(fraction: number, extent: number): number {
  return Math.min(extent - 1, Math.max(0, Math.round(fraction * extent)));
}
