/** What `ModelStreamInfer` and `ModelInfer` do with a graph. */

import { writeOutputs } from "../kserve_message.ts";
import { ServerError } from "../server_error.ts";
import type { Graph, OutputPacket } from "./graphs.ts";
import { type GraphRequest, timestampName } from "./packets.ts";

/** The one version of every graph. */
const version = "1";

type Send = (response: object) => Promise<void>;

/**
 * Serves one stream: its first request chooses the graph. Answers go out as they come, errors of a
 * request in their place; the graph's own end the stream.
 * @throws {ServerError}
 */
export async function streamGraph(
  graph: Graph,
  first: GraphRequest,
  others: AsyncIterable<GraphRequest>,
  send: Send,
): Promise<void> {
  using use = await graph.open(first);
  const sendPacket = (packet: OutputPacket) =>
    send({ error_message: "", infer_response: answerOf(graph.name, packet) });
  const push = async (request: GraphRequest, which: string) => {
    try {
      await use.push(request, sendPacket);
    } catch (error) {
      if (use.isOver || !(error instanceof ServerError)) throw error;
      await send({ error_message: `${error.message}; partial deserialization of ${which}` });
    }
  };
  await push(first, "first request");
  for await (const request of others) {
    const { model_name, model_version } = request;
    const refused = model_name !== graph.name
      ? new ServerError("graph_other_name")
      : !["", "0", version].includes(model_version)
      ? new ServerError("graph_other_version")
      : null;
    if (refused) await send({ error_message: `${refused.message}; validate subsequent requests` });
    else await push(request, "subsequent requests");
  }
}

/**
 * Answers one request by a graph of its own.
 * @throws {ServerError}
 */
export async function askGraph(graph: Graph, request: GraphRequest): Promise<object> {
  using use = await graph.open(request);
  const packets = new Map<string, OutputPacket>();
  if (request.inputs.length < graph.inputs.length) {
    throw new ServerError("number_of_inputs", "Not all input packets created");
  }
  await use.push(request, (packet) => {
    packets.set(packet.output, packet);
    return Promise.resolve();
  });
  if (graph.outputs.some((name) => !packets.has(name))) {
    throw new ServerError("graph_execution", "Unknown error during mediapipe execution");
  }
  const outputs = [...packets].map(([name, { tensor }]) => [name, tensor] as const);
  const { id } = request;
  return {
    model_name: graph.name,
    model_version: version,
    id,
    ...writeOutputs(Object.fromEntries(outputs)),
  };
}

/** What `ModelMetadata` says: names, and neither types nor shapes. */
export function describeGraph({ name, inputs, outputs }: Graph): object {
  const describe = (name: string) => ({ name, datatype: "INVALID", shape: [] });
  return {
    ...{ name, versions: [version], platform: "OpenVINO" },
    inputs: inputs.map(({ name }) => describe(name)),
    outputs: outputs.map(describe),
  };
}

/** The answer has one output and no id, only the moment that it belongs to. */
function answerOf(graph: string, { output, timestamp, tensor }: OutputPacket): object {
  return {
    ...{ model_name: graph, model_version: version, id: "" },
    parameters: { [timestampName]: { int64_param: String(timestamp) } },
    ...writeOutputs({ [output]: tensor }),
  };
}
