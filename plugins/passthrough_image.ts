/**
 * Shows the picture that a model answers with, in place of the camera's.
 *
 * Model: any with an output that is a picture: a graph of a model server that draws by itself
 * (MediaPipe), a style transfer, a super resolution, a denoiser. The output is `[1, H, W, 3]`,
 * `[1, 3, H, W]`, the same with one channel, `[1, H, W, 4]` with an opacity that is not looked at, or
 * one of these without the first dimension; bytes, UINT16, or floats in 0…1 or 0…255.
 *
 * Output: `data` with `width`, `height` and `channels` of the picture, and the `sequence` of the frame
 * that it was made of. The live view and outputs show it on that frame, stretched to the camera's
 * picture; the newest one where it is not kept any more. A graph is asked in a stream; see docs/graphs.md.
 *
 * @module
 */

import {
  type ModelMetadata,
  pickOutput,
  type Tensor,
  type Tensors,
  type UseCaseFactory,
} from "../src/mod.ts";
import { declaredOutputs } from "./parts/declared.ts";
import { oneOf, readOptions } from "./parts/options.ts";
import { type ImageLayout, imageLayout, mayBeImage, paint } from "./passthrough_image/image.ts";

/** What `--use_case_options` may set. */
export interface Options {
  /** Name of the output. @default {the only one that is a picture} */
  readonly output?: string;
  /**
   * Order of the colours that go in and come out; of a graph RGB, unless this says otherwise.
   * @default {"bgr"}
   */
  readonly channels?: "bgr" | "rgb";
  /** Full intensity of a float that goes in. @default {255} */
  readonly range?: 1 | 255;
  /**
   * Full intensity of a float that comes out; `auto` tells by the largest number of a picture.
   * @default {"auto"}
   */
  readonly outputRange?: 1 | 255 | "auto";
}

const defaults = { range: 255, outputRange: "auto" } satisfies Options;

/** Pictures that wait until they are shown, and the bytes that they may take. */
const mostKept = 16;
const mostBytes = 100_000_000;

const isRange = (value: unknown) => value === 1 || value === 255;

/** Makes the use case for one stream. */
const passthroughImage: UseCaseFactory<Options | undefined> = (options, { model }) => {
  const { output, channels = model.graph ? "rgb" : "bgr", range, outputRange } = readOptions<
    Options,
    typeof defaults
  >(
    options,
    defaults,
    {
      output: { allowed: "a text", fits: (value) => typeof value === "string" },
      channels: oneOf("bgr", "rgb"),
      range: { allowed: "1 or 255", fits: isRange },
      outputRange: {
        allowed: '1, 255 or "auto"',
        fits: (value) => isRange(value) || value === "auto",
      },
    },
  );
  refuseOthers(model, output);
  /** By sequence, the oldest first. */
  const kept = new Map<number, { readonly image: Tensor; readonly layout: ImageLayout }>();
  return {
    input: { channels, range },
    ...(output !== undefined && { outputs: [output] }),
    session: function forgetPicture() {
      // What another graph drew is not of this one.
      kept.clear();
    },
    postprocess: function keepImage(outputs, { sequence }) {
      const image = choose(outputs, output);
      const layout = imageLayout(image);
      if (!layout) throw noPicture(image);
      kept.set(sequence, { image, layout });
      const { width, height, channels: depth } = layout;
      const bytes = width * height * depth * (image.datatype === "FP32" ? 4 : 1);
      const most = Math.min(mostKept, Math.ceil(mostBytes / bytes));
      for (const old of [...kept.keys()].slice(0, -most)) kept.delete(old);
      return { data: { sequence, width, height, channels: depth } };
    },
    visualize: function showImage(picture, { data }) {
      const { sequence } = (data ?? {}) as { sequence?: number };
      const shown = kept.get(sequence ?? NaN) ?? [...kept.values()].at(-1);
      if (shown) paint(shown.image, shown.layout, picture, { channels, range: outputRange });
    },
  };
};

/** Refuses at the start a model that declares outputs of which none can be the picture. */
function refuseOthers(model: ModelMetadata, name: string | undefined): void {
  const declared = declaredOutputs(model, { extent: 0 });
  if (
    !declared || model.outputs.some((spec) => spec.name === (name ?? spec.name) && mayBeImage(spec))
  ) {
    return;
  }
  throw noPicture(pickOutput(declared, name));
}

function noPicture({ datatype, shape }: Tensor): TypeError {
  return new TypeError(`the model's output is ${datatype} [${shape}], it is no picture`);
}

function choose(outputs: Tensors, name: string | undefined): Tensor {
  if (name !== undefined) return pickOutput(outputs, name);
  const pictures = Object.entries(outputs).filter(([, tensor]) => imageLayout(tensor));
  if (pictures.length > 1) {
    const names = pictures.map(([name]) => JSON.stringify(name)).join(", ");
    throw new TypeError(`the model has several pictures (${names}): name one in the option output`);
  }
  // None of several: then the error tells of all of them.
  return pickOutput(pictures.length === 1 ? Object.fromEntries(pictures) : outputs);
}

export default passthroughImage;
