"""KServe's own server with a model that doubles, for Sightline's interop test: HTTP port, gRPC port."""

import sys

import numpy as np
from kserve import InferOutput, InferResponse, Model, ModelServer

MOST_ROWS = 4


class Doubler(Model):
    def __init__(self):
        super().__init__("m")
        self.ready = True

    async def get_input_types(self):
        return [{"name": "x", "datatype": "FP32", "shape": [-1, 3]}]

    async def get_output_types(self):
        return [{"name": "y", "datatype": "FP32", "shape": [-1, 3]}]

    def predict(self, payload, headers=None, response_headers=None):
        x = payload.inputs[0].as_numpy()
        if x.shape[0] > MOST_ROWS:
            raise ValueError("too many rows")
        y = InferOutput(name="y", shape=list(x.shape), datatype="FP32")
        y.set_data_from_numpy(np.asarray(x * 2, dtype=np.float32), binary_data=True)
        return InferResponse(response_id="1", model_name=self.name, infer_outputs=[y])


if __name__ == "__main__":
    http_port, grpc_port = map(int, sys.argv[1:])
    ModelServer(http_port=http_port, grpc_port=grpc_port, workers=1).start([Doubler()])
