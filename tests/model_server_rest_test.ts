import { Image } from "imagescript";
import assert from "node:assert/strict";
import { floats, pictureModel, toFloats, writeModel } from "./model_server_client.ts";
import { poll } from "./support/poll.ts";
import { withModelServer } from "./support/with_model_server.ts";

const pixels = Float32Array.from({ length: 72 }, (_, i) => i / 2);
const raw = new Uint8Array(pixels.buffer);
const image = { name: "image", datatype: "FP32", shape: [1, 3, 4, 6] };
const lengthHeader = "inference-header-content-length";

Deno.test("model_server over KServe REST", async (test) => {
  await using model = await writeModel(pictureModel);
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  const root = `http://127.0.0.1:${server.restPort}`;

  await test.step("is live and ready", async () => {
    const bodies: Record<string, unknown> = {
      "health/live": { live: true },
      "health/ready": { ready: true },
    };
    for (
      const path of ["health/live", "health/ready", "models/m/ready", "models/m/versions/1/ready"]
    ) {
      const response = await fetch(`${root}/v2/${path}`);
      const expected = path.startsWith("models") ? { name: "m", ready: true } : bodies[path];
      assert.deepEqual([response.status, await response.json()], [200, expected]);
    }
  });

  await test.step("describes itself and the model", async () => {
    const { name, extensions } = await json(`${root}/v2`);
    assert.deepEqual([name, extensions], ["Sightline model server", ["binary_tensor_data"]]);
    const expected = {
      name: "m",
      versions: ["1"],
      platform: "onnxruntime",
      inputs: [{ name: "image", datatype: "FP32", shape: [1, 3, 4, 6] }],
      outputs: [{ name: "pixels", datatype: "FP32", shape: [1, 3, 4, 6] }],
    };
    for (const path of ["models/m", "models/m/versions/1", "models/m/versions/0"]) {
      assert.deepEqual(await json(`${root}/v2/${path}`), expected);
    }
  });

  await test.step("infers from JSON, nested or flat, and answers JSON", async () => {
    const nested = [[[...pixels.subarray(0, 36)], [...pixels.subarray(36)]]];
    for (const data of [[...pixels], nested]) {
      const response = await infer(root, { id: "5", inputs: [{ ...image, data }] });
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(await response.json(), {
        model_name: "m",
        model_version: "1",
        id: "5",
        outputs: [{
          name: "pixels",
          shape: [1, 3, 4, 6],
          datatype: "FP32",
          data: [...pixels],
        }],
      });
    }
  });

  const binary = { ...image, parameters: { binary_data_size: raw.length } };
  await test.step("infers from binary, its length said or not, and answers binary", async () => {
    const outputs = [{ name: "pixels", parameters: { binary_data: true } }];
    for (const input of [binary, image]) {
      const response = await infer(root, { inputs: [input], outputs }, raw);
      assert.equal(response.headers.get("content-type"), "application/octet-stream");
      const { head, tail } = await split(response);
      assert.deepEqual(head.outputs, [{
        name: "pixels",
        shape: [1, 3, 4, 6],
        datatype: "FP32",
        parameters: { binary_data_size: raw.length },
      }]);
      assert.deepEqual(toFloats(tail), [...pixels]);
    }
  });

  await test.step("binary_data_output concerns named outputs only", async () => {
    const parameters = { binary_data_output: true };
    const unnamed = await infer(root, { inputs: [binary], parameters }, raw);
    assert.equal(unnamed.headers.get(lengthHeader), null);
    assert.deepEqual((await unnamed.json()).outputs[0].data, [...pixels]);
    const outputs = [{ name: "pixels" }];
    const named = await infer(root, { inputs: [binary], parameters, outputs }, raw);
    assert.deepEqual(toFloats((await split(named)).tail), [...pixels]);
  });

  await test.step("takes bodies that are compressed", async () => {
    for (const coding of ["gzip", "deflate"] as const) {
      const json = new TextEncoder().encode(JSON.stringify({ inputs: [binary] }));
      const packed = new Blob([json, raw]).stream().pipeThrough(new CompressionStream(coding));
      const response = await fetch(`${root}/v2/models/m/infer`, {
        method: "POST",
        headers: { "content-encoding": coding, [lengthHeader]: String(json.length) },
        body: await new Response(packed).bytes(),
      });
      const { outputs } = await response.json();
      assert.deepEqual(outputs[0].data, [...pixels]);
    }
  });

  await test.step("tells of its models as OVMS does", async () => {
    const status = { error_code: "OK", error_message: "OK" };
    assert.deepEqual(await json(`${root}/v1/config`), {
      m: { model_version_status: [{ version: "1", state: "AVAILABLE", status }] },
    });
  });

  const parse = "Could not parse input content. Not valid ndarray detected";
  const bytes = { name: "image", datatype: "BYTES", shape: [1] };
  const jpeg = await new Image(6, 4).fill(0).encodeJPEG(90);
  // deno-fmt-ignore
  const refusals: [body: unknown, tail: Uint8Array | null, code: number, error: string][] = [
    ["{", null, 412, "The file is not valid json"],
    [[], null, 400, "Request body should be JSON object"],
    [{}, null, 400, "Invalid JSON structure, missing inputs"],
    [{ inputs: [] }, null, 400, "Invalid JSON structure, missing inputs"],
    [{ inputs: [{}] }, null, 400, parse],
    [{ inputs: [{ ...image, shape: [-1] }] }, null, 400, parse],
    [{ inputs: [{ ...image, data: ["a"] }] }, null, 400, parse],
    [{ inputs: [{ ...image, data: [1] }] }, null, 400, "Invalid number of values in tensor proto container - Expected: 72 values; Actual: 1 values; input name: image"],
    [{ inputs: [{ ...image, datatype: "FP7", data: [1] }] }, null, 400, "Could not parse input content. Unsupported data precision detected"],
    [{ inputs: [{ ...image, datatype: "UINT8", data: [1] }] }, null, 400, "Invalid input precision - Expected: FP32; Actual: UINT8; input name: image"],
    [{ inputs: [image], outputs: [{}] }, raw, 400, "Could not parse output content."],
    [{ inputs: [image], parameters: { a: {} } }, raw, 400, "Could not parse request parameters"],
    [{ inputs: [{ ...binary, data: [1] }] }, raw, 500, "Request contains values both in binary data and in content value"],
    [{ inputs: [{ ...image, parameters: { binary_data_size: -1 } }] }, raw, 400, "binary_data_size parameter is invalid and cannot be parsed"],
    [{ inputs: [binary] }, raw.subarray(1), 400, "Received buffer size is smaller than binary_data_size parameter indicates"],
    [{ inputs: [binary] }, Uint8Array.of(...raw, 0), 400, "Request has bytes that belong to no input - 1 bytes"],
    [{ inputs: [{ ...image, data: [...pixels] }] }, Uint8Array.of(0), 400, "Request has bytes that belong to no input - 1 bytes"],
    [{ inputs: [binary], outputs: [{ name: "pixel" }] }, raw, 400, "Requested output is not found - Requested: pixel; there are: pixels"],
    [{ inputs: [binary], outputs: [{ name: "pixels", parameters: { classification: 3 } }] }, raw, 501, "The classification extension (class_count) is not supported - output name: pixels"],
    [{ inputs: [binary], outputs: [{ name: "pixels", parameters: { shared_memory_region: "r" } }] }, raw, 501, "Shared memory is not supported - output name: pixels"],
    [{ inputs: [{ ...image, parameters: { shared_memory_region: "r", shared_memory_byte_size: 288 } }] }, null, 501, "Shared memory is not supported - input name: image"],
    [{ inputs: [{ ...bytes, shape: [2] }] }, jpeg, 400, parse],
    [{ inputs: [{ ...bytes, parameters: { binary_data_size: 4 } }] }, floats(1e9), 400, "Inputs inside buffer does not match expected format."],
    [{ inputs: [bytes] }, element(Uint8Array.of(1, 2)), 500, "Image parsing failed"],
    [{ inputs: [bytes] }, element(jpeg), 400, "Invalid number of channels in binary input"],
  ];
  for (const [body, tail, code, error] of refusals) {
    await test.step(`refuses: ${error}`, async () => {
      const response = await infer(root, body, tail);
      assert.deepEqual([response.status, await response.json()], [code, { error }]);
    });
  }

  await test.step("counts what it answered under OVMS's names", async () => {
    const response = await fetch(`${root}/metrics`);
    const text = await response.text();
    const model = 'name="m",version="1"';
    const of = (family: string, labels: string) => {
      const line = text.split("\n").find((line) => line.startsWith(`${family}{${labels}} `));
      return Number(line?.split(" ").at(-1));
    };
    const infer = `api="KServe",interface="REST",method="ModelInfer",${model}`;
    assert.equal(of("ovms_requests_fail", infer), refusals.length);
    const answered = of("ovms_requests_success", infer);
    assert.ok(answered >= 6, text);
    assert.equal(of("ovms_request_time_us_count", `interface="REST",${model}`), answered);
    assert.equal(of("ovms_inference_time_us_count", model), answered);
    assert.equal(of("ovms_current_requests", model), 0);
  });

  // deno-fmt-ignore
  const routes: [path: string, init: RequestInit, code: number, error: string][] = [
    ["/v2/models/x", {}, 404, "Model with requested name is not found"],
    ["/v2/models/m/versions/2", {}, 404, "Model with requested version is not found"],
    ["/v2/models/x/ready", {}, 404, "Model with requested name is not found"],
    ["/v2/models/x/infer", { method: "POST", body: JSON.stringify({ inputs: [{ ...image, data: [] }] }) }, 404, "Mediapipe graph definition with requested name is not found"],
    ["/v2/models/m/versions/2/infer", { method: "POST", body: JSON.stringify({ inputs: [{ ...image, data: [] }] }) }, 404, "Model with requested version is not found"],
    ["/v2/models/m/infer", {}, 406, "Unsupported method"],
    ["/v2/models/m/infer", { method: "POST", headers: { [lengthHeader]: "x" }, body: "{}" }, 500, "Inference-Header-Content-Length header is invalid and couldn't be parsed"],
    ["/v2/models/m/infer", { method: "POST", headers: { [lengthHeader]: "9" }, body: "{}" }, 500, "Inference-Header-Content-Length header exceeds actual payload length"],
    ["/v2/systemsharedmemory/region/r/register", { method: "POST", body: "{}" }, 501, "Shared memory is not supported"],
    ["/v2/models/m/infer", { method: "POST", headers: { "content-encoding": "br" }, body: "{}" }, 415, "Content-Encoding must be gzip, deflate or identity - Actual: br"],
    ["/v2/models/m/infer", { method: "POST", headers: { "content-encoding": "gzip" }, body: "{}" }, 400, "Cannot decompress the request's body"],
    ["/", {}, 400, "Invalid request URL"],
    ["/v2/models/m/versions/one", {}, 400, "Invalid request URL"],
  ];
  for (const [path, init, code, error] of routes) {
    await test.step(`${init.method ?? "GET"} ${path} is refused: ${error}`, async () => {
      const response = await fetch(root + path, init);
      assert.deepEqual([response.status, await response.json()], [code, { error }]);
    });
  }
});

Deno.test("model_server answers with the outputs that are asked for, and tells what the model says of itself", async () => {
  const properties = { task: "detect", names: "{0: 'person'}" };
  await using model = await writeModel({
    inputs: { image: ["FP32", [2]] },
    outputs: { same: ["FP32", [2]], less: ["FP32", [2]] },
    nodes: [
      { op: "Identity", inputs: ["image"], outputs: ["same"] },
      { op: "Neg", inputs: ["image"], outputs: ["less"] },
    ],
    properties,
  });
  await using server = await withModelServer({ modelPath: model.path, modelName: "m" });
  const root = `http://127.0.0.1:${server.restPort}`;
  assert.deepEqual((await json(`${root}/v2/models/m`)).parameters, properties);
  const inputs = [{ name: "image", datatype: "FP32", shape: [2], data: [1, 2] }];
  const asked = [["same"], ["less"], ["same", "less"], ["less", "same"], []];
  for (const names of asked) {
    const outputs = names.map((name) => ({ name }));
    const answer = await (await infer(root, { inputs, ...(names.length > 0 && { outputs }) }))
      .json();
    const got = answer.outputs.map(({ name }: { name: string }) => name);
    assert.deepEqual(got, names.length > 0 ? names : ["less", "same"]);
  }
});

Deno.test("model_server runs no model for REST clients that have broken off", async () => {
  await using model = await writeModel(pictureModel);
  // Each waits before the model is asked.
  const flags = ["--slow", "1,5000"];
  await using server = await withModelServer({ modelPath: model.path, modelName: "m", flags });
  const root = `http://127.0.0.1:${server.restPort}`;
  const clients = 8;
  const leaving = new AbortController();
  const gone = Array.from({ length: clients }, () =>
    fetch(`${root}/v2/models/m/infer`, {
      method: "POST",
      body: JSON.stringify({ inputs: [{ ...image, data: [...pixels] }] }),
      signal: leaving.signal,
    }).then(() => "answered", () => "gone"));
  const labels = 'name="m",version="1"';
  const current = `ovms_current_requests{${labels}}`;
  await poll("all wait", async () => (await metrics(root))(current) === clients);
  leaving.abort();
  assert.deepEqual(await Promise.all(gone), new Array(clients).fill("gone"));
  await poll("none waits", async () => (await metrics(root))(current) === 0);
  const of = await metrics(root);
  const calls = `api="KServe",interface="REST",method="ModelInfer",${labels}`;
  assert.equal(of(`ovms_requests_fail{${calls}}`), clients);
  assert.equal(of(`ovms_inference_time_us_count{${labels}}`), null);
});

/** Reads the server's metrics: the number of a line; null for one that is not there. */
async function metrics(root: string): Promise<(line: string) => number | null> {
  const lines = (await (await fetch(`${root}/metrics`)).text()).split("\n");
  return (name) => {
    const found = lines.find((line) => line.startsWith(`${name} `));
    return found === undefined ? null : Number(found.split(" ").at(-1));
  };
}

Deno.test("model_server over KServe REST takes a JPEG", async () => {
  await using model = await writeModel(pictureModel);
  const flags = ["--layout", "NHWC:NCHW"];
  await using server = await withModelServer({ modelPath: model.path, modelName: "m", flags });
  const root = `http://127.0.0.1:${server.restPort}`;
  const jpeg = await new Image(12, 8).fill(Image.rgbToColor(200, 100, 10)).encodeJPEG(95);
  const input = { name: "image", datatype: "BYTES", shape: [1] };
  const response = await infer(root, { inputs: [input] }, element(jpeg));
  const { outputs } = await response.json();
  const planes = [0, 1, 2].map((c) => outputs[0].data[c * 24 + 12]);
  for (const [c, expected] of [10, 100, 200].entries()) {
    assert.ok(Math.abs(planes[c] - expected) < 5, `channel ${c} has ${planes[c]}`);
  }
});

function infer(root: string, body: unknown, tail: Uint8Array | null = null): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const head = new TextEncoder().encode(text);
  const headers = tail === null ? {} : { [lengthHeader]: String(head.length) };
  const whole = new Blob([head, (tail ?? new Uint8Array()) as Uint8Array<ArrayBuffer>]);
  return fetch(`${root}/v2/models/m/infer`, { method: "POST", headers, body: whole });
}

async function split(response: Response) {
  const bytes = await response.bytes();
  const end = Number(response.headers.get(lengthHeader));
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  return { head, tail: bytes.subarray(end) };
}

async function json(url: string) {
  return await (await fetch(url)).json();
}

function element(file: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + file.length);
  new DataView(bytes.buffer).setUint32(0, file.length, true);
  bytes.set(file, 4);
  return bytes;
}
