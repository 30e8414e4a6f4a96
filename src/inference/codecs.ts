/** The wire formats of the inference protocols, for the model server stand-in: all that it takes from here. */

export { toFrame } from "./transport/grpc_frame.ts";
export { MessageReader } from "./transport/grpc_messages.ts";
export {
  frameFlag,
  frameType,
  type Http2Frame,
  makeFrame,
  preface,
  readUint32,
  setting,
  uint32,
  unpad,
} from "./http2/frame.ts";
export { type ByteStream, FrameLink, largestWindow } from "./http2/frame_link.ts";
export { encodeHeaders, type HeaderMap } from "./http2/hpack.ts";
export { HeaderTable } from "./http2/header_table.ts";
export { loadKserve, loadTensorflowServing, type TensorflowServing } from "./transport/protos.ts";
export { decodeTensor, elementCount, encodeTensor, splitByteStrings } from "./tensor_codec.ts";
export { fromTensorflowType, tensorflowTypes } from "./tfs/tfs_tensor.ts";
