/** A model that gives back the picture it is given, for the use case of `echo_use_case.ts`. */

import { fileURLToPath } from "node:url";
import { encodeOnnx } from "./onnx_model.ts";
import { withModelFile } from "./with_model_file.ts";

/** Pixels; wide enough for the bars of `clips.ts`. */
const echoWidth = 48;
/** Pixels. */
const echoHeight = 16;

/** Path of the use case that reads the number of a picture from the model's answer. */
export const echoUseCase: string = fileURLToPath(new URL("echo_use_case.ts", import.meta.url));

/** The model as a file, for as long as it is needed. */
export function withEchoModel(): ReturnType<typeof withModelFile> {
  const shape = [1, echoHeight, echoWidth, 3];
  return withModelFile(
    "echo",
    encodeOnnx({
      inputs: { picture: ["UINT8", shape] },
      outputs: { echo: ["UINT8", shape] },
      nodes: [{ op: "Identity", inputs: ["picture"], outputs: ["echo"] }],
    }),
  );
}
