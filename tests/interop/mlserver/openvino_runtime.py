"""MLServer runtime that runs one ONNX file with OpenVINO, for Sightline's interop test."""

import numpy as np
import openvino as ov
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataTensor,
    ResponseOutput,
)

DATATYPES = {"f32": "FP32", "f16": "FP16", "u8": "UINT8", "i64": "INT64", "boolean": "BOOL"}


class OpenVinoModel(MLModel):
    async def load(self) -> bool:
        core = ov.Core()
        self._model = core.compile_model(self.settings.parameters.uri, "CPU")
        return True

    async def metadata(self) -> MetadataModelResponse:
        return MetadataModelResponse(
            name=self.name,
            platform="openvino",
            versions=[self.version or "1"],
            inputs=[describe(port) for port in self._model.inputs],
            outputs=[describe(port) for port in self._model.outputs],
        )

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        inputs = {}
        for request_input in payload.inputs:
            array = NumpyCodec.decode_input(request_input)
            inputs[request_input.name] = np.ascontiguousarray(array)
        results = self._model(inputs)
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[encode(port, results[port]) for port in self._model.outputs],
        )


def encode(port, array) -> ResponseOutput:
    output = NumpyCodec.encode_output(port.any_name, array)
    # NumpyCodec appends a dimension to vectors, and calls booleans by numpy's name.
    output.shape = list(array.shape)
    output.datatype = DATATYPES[port.element_type.to_string()]
    return output


def describe(port) -> MetadataTensor:
    shape = [-1 if d.is_dynamic else d.get_length() for d in port.partial_shape]
    datatype = DATATYPES[port.element_type.to_string()]
    return MetadataTensor(name=port.any_name, datatype=datatype, shape=shape)
