/** Refusals in the words and with the codes of OpenVINO Model Server ("OVMS"). */

/** Codes of gRPC, as far as they are used. */
export const status = {
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
} as const;

interface Refusal {
  /** gRPC status code. */
  readonly grpc: number;
  /** HTTP status code. */
  readonly http: number;
  readonly words: string;
}

// Words, gRPC codes and HTTP codes are OVMS 2026's, so that a client that copes with these copes
// with the real server. Where OVMS maps a refusal to no gRPC code, its client reads UNKNOWN.
const refusals = {
  model_name_missing: of(status.NOT_FOUND, 404, "Model with requested name is not found"),
  pipeline_name_missing: of(status.NOT_FOUND, 404, "Pipeline with requested name is not found"),
  graph_name_missing: of(
    status.NOT_FOUND,
    404,
    "Mediapipe graph definition with requested name is not found",
  ),
  model_version_missing: of(status.NOT_FOUND, 404, "Model with requested version is not found"),
  model_version_format: of(
    status.INVALID_ARGUMENT,
    500,
    "invalid model version format in request",
  ),
  model_spec_missing: of(status.INVALID_ARGUMENT, 400, "model_spec missing in request"),
  signature_def: of(status.INVALID_ARGUMENT, 400, "Invalid signature name"),
  number_of_inputs: of(status.INVALID_ARGUMENT, 400, "Invalid number of inputs"),
  unknown_output: of(status.INVALID_ARGUMENT, 400, "Requested output is not found"),
  // What OVMS calls MediaPipe's graphs by, in streams and out of them.
  graph_timestamp: of(status.UNKNOWN, 500, "Malformed packet timestamp"),
  graph_initialization: of(status.FAILED_PRECONDITION, 412, "Failed to initialize mediapipe graph"),
  graph_execution: of(
    status.INVALID_ARGUMENT,
    400,
    "Mediapipe execution failed. MP status",
  ),
  graph_other_name: of(status.UNKNOWN, 500, "Subsequent request with incorrect servable name"),
  graph_other_version: of(
    status.UNKNOWN,
    500,
    "Subsequent request with incorrect servable version",
  ),
  graph_left: of(
    status.UNKNOWN,
    500,
    "Client disconnected during reading first streaming request",
  ),
  unexpected_input: of(status.INVALID_ARGUMENT, 400, "Unexpected input"),
  shared_memory: of(status.UNIMPLEMENTED, 501, "Shared memory is not supported"),
  class_count: of(
    status.UNIMPLEMENTED,
    501,
    "The classification extension (class_count) is not supported",
  ),
  surplus_bytes: of(
    status.INVALID_ARGUMENT,
    400,
    "Request has bytes that belong to no input",
  ),
  content_encoding: of(
    status.INVALID_ARGUMENT,
    415,
    "Content-Encoding must be gzip, deflate or identity",
  ),
  body: of(status.UNKNOWN, 400, "Cannot read the request's body"),
  compressed_body: of(status.INVALID_ARGUMENT, 400, "Cannot decompress the request's body"),
  grpc_message: of(status.INTERNAL, 400, "Cannot read the request's message"),
  body_too_large: of(status.RESOURCE_EXHAUSTED, 413, "Request's body is too large"),
  missing_input: of(status.INVALID_ARGUMENT, 400, "Missing input with specific name"),
  number_of_dimensions: of(status.INVALID_ARGUMENT, 400, "Invalid number of shape dimensions"),
  batch_size: of(status.INVALID_ARGUMENT, 400, "Invalid input batch size"),
  shape: of(status.INVALID_ARGUMENT, 400, "Invalid input shape"),
  precision: of(status.INVALID_ARGUMENT, 400, "Invalid input precision"),
  value_count: of(
    status.INVALID_ARGUMENT,
    400,
    "Invalid number of values in tensor proto container",
  ),
  content_size: of(status.INVALID_ARGUMENT, 400, "Invalid content size of tensor proto"),
  input_format: of(
    status.INVALID_ARGUMENT,
    400,
    "Inputs inside buffer does not match expected format.",
  ),
  message_structure: of(
    status.INVALID_ARGUMENT,
    400,
    "Passing buffers both in ModelInferRequest::InferInputTensor::contents and in " +
      "ModelInferRequest::raw_input_contents is not allowed",
  ),
  picture_layout: of(
    status.INVALID_ARGUMENT,
    400,
    "Received binary image input but resource not configured to accept NHWC layout",
  ),
  picture_channels: of(
    status.INVALID_ARGUMENT,
    400,
    "Invalid number of channels in binary input",
  ),
  picture_sizes: of(
    status.INVALID_ARGUMENT,
    400,
    "Binary input images for this endpoint are required to have the same resolution",
  ),
  string_val_empty: of(status.INVALID_ARGUMENT, 400, "String val is empty"),
  bytes_contents_empty: of(status.INVALID_ARGUMENT, 500, "Bytes contents is empty"),
  // OVMS has no gRPC code for it; a client whose picture is broken should read that, and does here.
  picture_parsing: of(status.INVALID_ARGUMENT, 500, "Image parsing failed"),
  not_implemented: of(status.UNKNOWN, 500, "Functionality not implemented"),
  inference: of(status.INTERNAL, 500, "Internal inference error"),
  json: of(status.FAILED_PRECONDITION, 412, "The file is not valid json"),
  url: of(status.UNKNOWN, 400, "Invalid request URL"),
  method: of(status.UNKNOWN, 406, "Unsupported method"),
  body_not_an_object: of(status.UNKNOWN, 400, "Request body should be JSON object"),
  no_inputs: of(status.UNKNOWN, 400, "Invalid JSON structure, missing inputs"),
  parse_input: of(
    status.UNKNOWN,
    400,
    "Could not parse input content. Not valid ndarray detected",
  ),
  parse_output: of(status.UNKNOWN, 400, "Could not parse output content."),
  parse_parameters: of(status.UNKNOWN, 400, "Could not parse request parameters"),
  unsupported_precision: of(
    status.UNKNOWN,
    400,
    "Could not parse input content. Unsupported data precision detected",
  ),
  header_length: of(
    status.UNKNOWN,
    500,
    "Inference-Header-Content-Length header is invalid and couldn't be parsed",
  ),
  header_length_exceeded: of(
    status.UNKNOWN,
    500,
    "Inference-Header-Content-Length header exceeds actual payload length",
  ),
  binary_data_size: of(
    status.UNKNOWN,
    400,
    "binary_data_size parameter is invalid and cannot be parsed",
  ),
  binary_buffer: of(
    status.UNKNOWN,
    400,
    "Received buffer size is smaller than binary_data_size parameter indicates",
  ),
  contents_not_empty: of(
    status.UNKNOWN,
    500,
    "Request contains values both in binary data and in content value",
  ),
} satisfies Record<string, Refusal>;

/** Why a request is refused. */
export type RefusalCode = keyof typeof refusals;

/** A refusal on its way to the client, over whichever protocol it came. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly #refusal: Refusal;

  constructor(readonly code: RefusalCode, details?: string, options?: ErrorOptions) {
    const { words } = refusals[code];
    super(details === undefined ? words : `${words} - ${details}`, options);
    this.#refusal = refusals[code];
  }

  /** What a gRPC client gets: OVMS says no more than this when it has no code for a refusal. */
  get grpcStatus(): { code: number; details: string } {
    const code = this.#refusal.grpc;
    return { code, details: code === status.UNKNOWN ? "Unknown error" : this.message };
  }

  /** Status code an HTTP client gets; it also gets the words. */
  get httpStatus(): number {
    return this.#refusal.http;
  }
}

function of(grpc: number, http: number, words: string): Refusal {
  return { grpc, http, words };
}
