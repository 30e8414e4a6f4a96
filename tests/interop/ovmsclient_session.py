"""Asks a model server everything ovmsclient can ask over gRPC; prints what it passed.

Arguments: host:port, a JPEG of 12x8 pixels in RGB 200, 100, 10. The model is called "m", and gives
back its NHWC picture of 1x4x6x3 float32 as NCHW planes.
"""

import sys

import numpy as np
import ovmsclient

address, jpeg_path = sys.argv[1:]
PICTURE = np.arange(72, dtype=np.float32).reshape(1, 4, 6, 3)
PLANES = PICTURE.transpose(0, 3, 1, 2)


def passed(what):
    print(what, flush=True)


def refused(words, kind, call):
    try:
        call()
    except kind as error:
        assert words in str(error), f"{error} does not say {words}"
        passed(f"refused: {words}")
        return
    raise AssertionError(f"not refused: {words}")


client = ovmsclient.make_grpc_client(address)
assert client.get_model_status("m")[1]["state"] == "AVAILABLE"
passed("model status")
for version in (0, 1):
    assert client.get_model_metadata("m", version) == {
        "model_version": 1,
        "inputs": {"image": {"shape": [1, 4, 6, 3], "dtype": "DT_FLOAT"}},
        "outputs": {"pixels": {"shape": [1, 3, 4, 6], "dtype": "DT_FLOAT"}},
    }
passed("model metadata")
for version in (0, 1):
    assert np.array_equal(client.predict({"image": PICTURE}, "m", version), PLANES)
passed("predict")
proto = ovmsclient.make_tensor_proto(PICTURE.astype(np.uint8), dtype=1)
assert np.array_equal(client.predict({"image": proto}, "m"), PLANES)
passed("predict, tensor made by make_tensor_proto")
with open(jpeg_path, "rb") as file:
    planes = client.predict({"image": file.read()}, "m")
assert np.abs(planes.mean(axis=(0, 2, 3)) - [10, 100, 200]).max() < 4, planes
passed("predict, JPEG")

not_found = ovmsclient.ModelNotFoundError
invalid = ovmsclient.InvalidInputError
refused("requested name is not found", not_found, lambda: client.predict({"image": PICTURE}, "x"))
refused("requested name is not found", not_found, lambda: client.get_model_metadata("x"))
refused("requested version is not found", not_found, lambda: client.predict({"image": PICTURE}, "m", 2))
refused(
    "Invalid input precision - Expected: FP32; Actual: U8",
    invalid,
    lambda: client.predict({"image": PICTURE.astype(np.uint8)}, "m"),
)
refused("Missing input", invalid, lambda: client.predict({"y": PICTURE}, "m"))
passed("to the end")
