/** The graphs that the stand-in serves beside its model. */

import type { Tensor, Tensors } from "../../frame/tensor.ts";
import { encodeTensor } from "../../inference/codecs.ts";
import type { RequestInput } from "../request.ts";
import type { Emit, GraphKind } from "./graph.ts";
import { askModel, boxesOf, draw, toImage } from "./images.ts";

/** Names as in OVMS's object detection demo. */
const input = "input";
const output = "output";
const picture = [{ name: input, type: "IMAGE" }] as const;
/** The graph that leaves frames out answers one in so many. */
const answersOneIn = 3;

/** Every kind; each is also served as one of a pool, by its name with `_pooled`. */
export const graphKinds: readonly GraphKind[] = [
  {
    name: "draw",
    about: "draws what the model finds",
    inputs: () => picture,
    outputs: () => [output],
    start: (servable) => ({
      async process(inputs, emit) {
        const image = inputs[input]!;
        await emit(output, draw(image, boxesOf(await askModel(servable, image))));
      },
    }),
  },
  {
    name: "third",
    about: "answers every third frame, with the picture as it came",
    inputs: () => picture,
    outputs: () => [output],
    start: () => {
      let seen = 0;
      return {
        async process(inputs, emit) {
          if (++seen % answersOneIn === 0) await emit(output, inputs[input]!);
        },
      };
    },
  },
  {
    name: "detect",
    about: "says what the model finds, in a picture or a JPEG",
    inputs: () => [{ name: input, type: "ANY" }],
    outputs: () => ["detections"],
    start: (servable) => ({
      async process(inputs, emit) {
        await emit("detections", await askModel(servable, await toImage(inputs[input]!)));
      },
    }),
  },
  {
    name: "two",
    about: "says what the model finds, and draws it, each by itself",
    inputs: () => picture,
    outputs: () => ["detections", output],
    start: (servable) => ({
      async process(inputs, emit) {
        const image = inputs[input]!;
        const found = await askModel(servable, image);
        await emit(output, draw(image, boxesOf(found)));
        await emit("detections", found);
      },
    }),
  },
  {
    name: "tracker",
    about: "counts what it was shown, from the side packet `first` on, and puts it in words",
    inputs: () => picture,
    outputs: () => ["seen", "words"],
    start: (_servable, sidePackets) => {
      const first = sidePackets.get("first");
      let seen = typeof first === "number" ? first : 0;
      return {
        async process(_inputs, emit) {
          seen++;
          await emit("seen", {
            datatype: "INT64",
            shape: [1],
            data: BigInt64Array.of(BigInt(seen)),
          });
          const words = new TextEncoder().encode(`${seen} seen`);
          await emit("words", { datatype: "BYTES", shape: [1], data: [words] });
        },
      };
    },
  },
  {
    name: "infer",
    about: "hands tensors to the model and back",
    inputs: ({ inputs }) => inputs.map(({ name }) => ({ name, type: "ANY" })),
    outputs: ({ outputs }) => outputs.map(({ name }) => name),
    start: (servable) => ({
      async process(inputs: Tensors, emit: Emit) {
        const given = Object.entries(inputs).map(([name, tensor]) => toInput(name, tensor));
        const outputs = Object.entries(await servable.infer(given, []));
        for (const [name, tensor] of outputs) await emit(name, tensor);
      },
    }),
  },
];

function toInput(name: string, tensor: Tensor): RequestInput {
  const { datatype, shape } = tensor;
  const content = { kind: "raw" as const, bytes: encodeTensor(name, tensor) };
  return { name, datatype, spelled: datatype, shape, content };
}
