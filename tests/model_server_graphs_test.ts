/** The stand-in's graphs, asked by a client that is not ours, held to OVMS's words and codes. */

import { status } from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { loadKserve } from "../src/inference/transport/protos.ts";
import { type Answer, connect, pictureModel, writeModel } from "./model_server_client.ts";
import { withModelServer } from "./support/with_model_server.ts";

const kserve = await loadKserve();
const [height, width] = [8, 12];
const picture = new Uint8Array(height * width * 3).fill(100);

/** A request to a graph, with a picture of its own form. */
function request(model_name: string, fields: object = {}, parameters: object = {}) {
  return {
    model_name,
    inputs: [{ name: "input", datatype: "UINT8", shape: [height, width, 3] }],
    raw_input_contents: [picture],
    parameters,
    ...fields,
  };
}

const at = (timestamp: number) => ({ OVMS_MP_TIMESTAMP: { int64_param: String(timestamp) } });
const timeOf = (answer: Answer) =>
  Number(answer.infer_response.parameters.OVMS_MP_TIMESTAMP.int64_param);
const seenBy = ({ infer_response: { raw_output_contents: [raw] } }: Answer) =>
  Number(new BigInt64Array(new Uint8Array(raw).buffer)[0]);

Deno.test("model_server serves graphs in streams, as OVMS does", async (test) => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({
    ...{ modelPath: model.path, modelName: "m", flags: ["--graphs"] },
  });
  using client = connect(server.grpcPort, kserve);
  const open = () => client.talk("ModelStreamInfer");

  await test.step("names inputs and outputs of a graph, and neither types nor shapes", async () => {
    const { inputs, outputs } = await client.call("ModelMetadata", { name: "two" });
    const unspecified = { datatype: "INVALID", shape: [] };
    assert.deepEqual(inputs, [{ name: "input", ...unspecified }]);
    assert.deepEqual(outputs.map(({ name }: Answer) => name), ["detections", "output"]);
    assert.deepEqual(await client.call("ModelReady", { name: "two" }), { ready: true });
  });

  await test.step("draws into the picture, and answers with its timestamp alone", async () => {
    const talk = open();
    talk.send(request("draw", { id: "not echoed" }, at(5)));
    const answer = await talk.next();
    const { id, outputs, raw_output_contents } = answer.infer_response;
    assert.deepEqual([id, timeOf(answer), answer.error_message], ["", 5, ""]);
    assert.deepEqual(outputs.map(({ name, datatype, shape }: Answer) => [name, datatype, shape]), [
      ["output", "UINT8", [String(height), String(width), "3"]],
    ]);
    assert.notDeepEqual(new Uint8Array(raw_output_contents[0]), picture, "a box was drawn");
    talk.end();
    assert.deepEqual(await talk.status, [status.OK, ""]);
  });

  await test.step("sends each output by itself, and leaves frames out", async () => {
    const two = open();
    two.send(request("two", {}, at(7)));
    const names = [await two.next(), await two.next()].map((answer) => {
      assert.equal(timeOf(answer), 7);
      return answer.infer_response.outputs[0].name;
    });
    assert.deepEqual(names.sort(), ["detections", "output"]);
    two.end();
    const third = open();
    for (let time = 1; time <= 7; time++) third.send(request("third", {}, at(time)));
    assert.deepEqual([timeOf(await third.next()), timeOf(await third.next())], [3, 6]);
    third.end();
    assert.deepEqual(await third.status, [status.OK, ""]);
  });

  await test.step("forgets with the stream, but in a pool, whose clock goes on as well", async () => {
    for (const [name, first, second] of [["tracker", 1, 1], ["tracker_pooled", 1, 2]] as const) {
      for (const [time, expected] of [[10, first], [20, second]] as const) {
        const talk = open();
        talk.send(request(name, {}, at(time)));
        assert.equal(seenBy(await talk.next()), expected, name);
        talk.end();
        await talk.status;
      }
    }
    const back = open();
    back.send(request("tracker_pooled", {}, at(15)));
    const [code, words] = await back.status;
    assert.equal(code, status.INVALID_ARGUMENT);
    assert.match(
      words,
      /^Mediapipe execution failed. MP status - INVALID_ARGUMENT: Graph has errors/,
    );
    assert.match(words, /Current minimum expected timestamp is 21 but received 15\./);
    // The graph that failed was made anew.
    const anew = open();
    anew.send(request("tracker_pooled", {}, at(15)));
    assert.equal(seenBy(await anew.next()), 1);
    anew.end();
    await anew.status;
  });

  await test.step("takes side packets for a graph of its own, and refuses them for a pool", async () => {
    const talk = open();
    talk.send(request("tracker", {}, { ...at(1), first: { int64_param: "41" } }));
    assert.equal(seenBy(await talk.next()), 42);
    talk.end();
    const pooled = open();
    pooled.send(request("tracker_pooled", {}, { first: { int64_param: "41" } }));
    assert.deepEqual(await pooled.status, [
      status.FAILED_PRECONDITION,
      "Failed to initialize mediapipe graph - Input side packets are not supported for graphs with " +
      "queue enabled",
    ]);
  });

  await test.step("says in the stream what is wrong with a request, and goes on", async () => {
    const talk = open();
    const wrong: [object, RegExp][] = [
      [
        request("draw", {}, { OVMS_MP_TIMESTAMP: { string_param: "5" } }),
        /^Malformed packet timestamp - Invalid timestamp format in request parameter OVMS_MP_TIMESTAMP. Should be int64; partial deserialization of first request$/,
      ],
      [
        request("draw", { inputs: [{ name: "x", datatype: "UINT8", shape: [height, width, 3] }] }),
        /^Unexpected input - x is unexpected; partial deserialization of subsequent requests$/,
      ],
      [
        request("draw", {
          inputs: [{ name: "input", datatype: "UINT8", shape: [1, height, width, 3] }],
        }),
        /^Invalid input shape - Invalid Mediapipe Image input shape size. Expected: 3; Actual: 4; /,
      ],
      [
        request("draw", { raw_input_contents: [picture.subarray(1)] }),
        /^Invalid content size of tensor proto - Invalid Mediapipe Image input buffer size. Actual: 287; Expected: 288; /,
      ],
      [
        request("other"),
        /^Subsequent request with incorrect servable name; validate subsequent requests$/,
      ],
      [
        request("draw", { model_version: "9" }),
        /^Subsequent request with incorrect servable version; validate subsequent requests$/,
      ],
    ];
    for (const [message, words] of wrong) {
      talk.send(message);
      assert.match((await talk.next()).error_message, words);
    }
    talk.send(request("draw", {}, at(3)));
    assert.equal(timeOf(await talk.next()), 3);
    talk.end();
    assert.deepEqual(await talk.status, [status.OK, ""]);
  });

  await test.step("has graphs alone in streams, and takes a first request to name one", async () => {
    const words = "Mediapipe graph definition with requested name is not found";
    for (const name of ["absent", "m"]) {
      const talk = open();
      talk.send(request(name));
      assert.deepEqual(await talk.status, [status.NOT_FOUND, words]);
    }
    const silent = open();
    silent.end();
    assert.deepEqual(await silent.status, [status.UNKNOWN, "Unknown error"]);
  });

  await test.step("answers one request by a graph of its own, if all outputs come", async () => {
    const answer = await client.call("ModelInfer", request("tracker", { id: "7" }));
    assert.deepEqual([answer.id, answer.outputs.length], ["7", 2]);
    const failed =
      "Mediapipe execution failed. MP status - Unknown error during mediapipe execution";
    await client.refused("ModelInfer", request("third"), status.INVALID_ARGUMENT, failed);
  });
});

Deno.test("model_server answers requests to its model in a stream where it is told to, as Triton does", async () => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({
    ...{ modelPath: model.path, modelName: "m", flags: ["--stream_model"] },
  });
  using client = connect(server.grpcPort, kserve);
  const talk = client.talk("ModelStreamInfer");
  const pixels = new Uint8Array(Float32Array.from({ length: 72 }, (_, at) => at).buffer);
  const image = { name: "image", datatype: "FP32", shape: [1, 3, 4, 6] };
  talk.send({ model_name: "m", id: "a", inputs: [image], raw_input_contents: [pixels] });
  const { infer_response } = await talk.next();
  assert.deepEqual([infer_response.id, infer_response.outputs[0].name], ["a", "pixels"]);
  assert.deepEqual(infer_response.parameters, {});
  const parameters = { triton_enable_empty_final_response: { bool_param: true } };
  talk.send({ model_name: "m", id: "b", inputs: [], raw_input_contents: [], parameters });
  const refused = await talk.next();
  assert.equal(refused.infer_response.parameters.triton_final_response.bool_param, true);
  assert.equal(refused.infer_response.id, "b");
  assert.match(refused.error_message, /^Invalid number of inputs/);
  talk.end();
  assert.deepEqual(await talk.status, [status.OK, ""]);
});
