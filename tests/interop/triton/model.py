"""Triton's Python backend: a model that doubles, for Sightline's interop test."""

import triton_python_backend_utils as backend


class TritonPythonModel:
    def execute(self, requests):
        answers = []
        for request in requests:
            x = backend.get_input_tensor_by_name(request, "x").as_numpy()
            answers.append(backend.InferenceResponse([backend.Tensor("y", x * 2)]))
        return answers
