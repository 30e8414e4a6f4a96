"""Asks a model server everything tritonclient can ask, over gRPC or REST; prints what it passed.

Arguments: grpc|http, host:port, a JPEG of 12x8 pixels in RGB 200, 100, 10. The model is called
"m", and gives back its NHWC picture of 1x4x6x3 float32 as NCHW planes.
"""

import sys

import numpy as np

protocol, address, jpeg_path = sys.argv[1:]
if protocol == "grpc":
    import tritonclient.grpc as triton
else:
    import tritonclient.http as triton

PICTURE = np.arange(72, dtype=np.float32).reshape(1, 4, 6, 3)
PLANES = PICTURE.transpose(0, 3, 1, 2)


def passed(what):
    print(what, flush=True)


def tensor(array, datatype="FP32", **options):
    value = triton.InferInput("image", list(array.shape), datatype)
    value.set_data_from_numpy(array, **options)
    return value


def outputs(**options):
    return [triton.InferRequestedOutput("pixels", **options)]


def as_dict(answer):
    """REST answers are dictionaries already."""
    if protocol == "http":
        return answer
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(answer, preserving_proto_field_name=True)


def refused(words, status, call):
    try:
        call()
    except Exception as error:
        assert words in str(error), f"{error} does not say {words}"
        if protocol == "grpc":
            assert status in str(error), f"{error} has not the status {status}"
        passed(f"refused: {words}")
        return
    raise AssertionError(f"not refused: {words}")


client = triton.InferenceServerClient(address)
assert client.is_server_live() and client.is_server_ready()
passed("live and ready")
assert client.is_model_ready("m") and client.is_model_ready("m", "1")
passed("model ready")
assert as_dict(client.get_server_metadata())["name"] == "Sightline model server"
passed("server metadata")
metadata = as_dict(client.get_model_metadata("m"))
(entry,) = metadata["inputs"]
assert (entry["name"], entry["datatype"]) == ("image", "FP32"), entry
assert [int(extent) for extent in entry["shape"]] == [1, 4, 6, 3], entry
passed("model metadata")

result = client.infer("m", [tensor(PICTURE)], request_id="7")
assert np.array_equal(result.as_numpy("pixels"), PLANES)
assert as_dict(result.get_response())["id"] == "7"
passed("infer, all outputs")
result = client.infer("m", [tensor(PICTURE)], outputs=outputs(), model_version="1")
assert np.array_equal(result.as_numpy("pixels"), PLANES)
passed("infer, one output, version 1")
if protocol == "http":
    result = client.infer("m", [tensor(PICTURE, binary_data=False)], outputs=outputs(binary_data=False))
    assert np.array_equal(result.as_numpy("pixels"), PLANES)
    passed("infer, JSON both ways")
pending = [None] * 8
if protocol == "grpc":
    import queue

    done = queue.Queue()
    for index in range(len(pending)):
        client.async_infer("m", [tensor(PICTURE)], lambda result, error: done.put((result, error)))
    for index in range(len(pending)):
        result, error = done.get(timeout=20)
        assert error is None, error
        assert np.array_equal(result.as_numpy("pixels"), PLANES)
    passed("infer, eight at once")

with open(jpeg_path, "rb") as file:
    jpeg = np.array([file.read()], dtype=np.object_)
planes = client.infer("m", [tensor(jpeg, "BYTES")]).as_numpy("pixels")
assert planes.shape == (1, 3, 4, 6), planes.shape
assert np.abs(planes.mean(axis=(0, 2, 3)) - [10, 100, 200]).max() < 4, planes
passed("infer, JPEG")

for coding in "gzip", "deflate":
    if protocol == "grpc":
        options = {"compression_algorithm": coding}
    else:
        options = {"request_compression_algorithm": coding, "response_compression_algorithm": coding}
    result = client.infer("m", [tensor(PICTURE)], outputs=outputs(), **options)
    assert np.array_equal(result.as_numpy("pixels"), PLANES)
    passed(f"infer, {coding}")

refused(
    "Requested output is not found",
    "INVALID_ARGUMENT",
    lambda: client.infer("m", [tensor(PICTURE)], outputs=[triton.InferRequestedOutput("other")]),
)
refused(
    "class_count",
    "UNIMPLEMENTED",
    lambda: client.infer("m", [tensor(PICTURE)], outputs=outputs(class_count=3)),
)


def through_memory(side):
    value = triton.InferInput("image", [1, 4, 6, 3], "FP32")
    wanted = outputs()
    if side == "input":
        value.set_shared_memory("region", PICTURE.nbytes)
    else:
        value = tensor(PICTURE)
        wanted[0].set_shared_memory("region", PLANES.nbytes)
    client.infer("m", [value], outputs=wanted)


for side in "input", "output":
    refused("Shared memory is not supported", "UNIMPLEMENTED", lambda: through_memory(side))
refused("with requested name is not found", "NOT_FOUND", lambda: client.infer("x", [tensor(PICTURE)]))
refused(
    "Model with requested version is not found",
    "NOT_FOUND",
    lambda: client.infer("m", [tensor(PICTURE)], model_version="2"),
)
refused(
    "Invalid input precision",
    "INVALID_ARGUMENT",
    lambda: client.infer("m", [tensor(PICTURE.astype(np.uint8), "UINT8")]),
)
refused(
    "Invalid input shape",
    "INVALID_ARGUMENT",
    lambda: client.infer("m", [tensor(PICTURE.reshape(1, 6, 4, 3))]),
)
client.close()
passed("to the end")
