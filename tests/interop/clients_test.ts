/** PyPI's tritonclient and ovmsclient against our model server. */

import { Image } from "imagescript";
import assert from "node:assert/strict";
import { pictureModel, writeModel } from "../model_server_client.ts";
import { withModelServer } from "../support/with_model_server.ts";
import { pythonVenv } from "./python_venv.ts";

const { python, missing } = await pythonVenv("clients", "clients_requirements.txt");
const reason = missing === null ? "" : ` (ignored: ${missing})`;
const ignore = missing !== null;

const sessions = [
  ["tritonclient over gRPC", ["tritonclient_session.py", "grpc"]],
  ["tritonclient over REST", ["tritonclient_session.py", "http"]],
  ["tritonclient in streams to graphs", ["tritonclient_stream_session.py"]],
  ["ovmsclient over TensorFlow Serving's gRPC", ["ovmsclient_session.py"]],
] as const;

for (const [name, [script, ...args]] of sessions) {
  Deno.test(`model_server serves ${name}${reason}`, { ignore }, async () => {
    await using model = await writeModel(pictureModel);
    const flags = ["--layout", "NHWC:NCHW", "--graphs"];
    await using server = await withModelServer({ modelPath: model.path, modelName: "m", flags });
    const port = args[0] === "http" ? server.restPort : server.grpcPort;
    const jpeg = `${model.path}.jpg`;
    const picture = new Image(12, 8).fill(Image.rgbToColor(200, 100, 10));
    await Deno.writeFile(jpeg, await picture.encodeJPEG(95));

    const { success, stdout, stderr } = await new Deno.Command(python!, {
      args: [script, ...args, `127.0.0.1:${port}`, jpeg],
      cwd: new URL(".", import.meta.url),
    }).output();
    const passed = new TextDecoder().decode(stdout).trim().split("\n");
    assert.ok(success, `after ${passed.join(", ")}: ${new TextDecoder().decode(stderr)}`);
    assert.equal(passed.at(-1), "to the end");
  });
}
