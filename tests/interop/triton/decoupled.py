"""Triton's Python backend: a model that answers as often as it is told to by its input, or fails."""

import triton_python_backend_utils as backend


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            x = backend.get_input_tensor_by_name(request, "x").as_numpy()
            sender = request.get_response_sender()
            if x[0] < 0:
                failure = backend.TritonError("it was told to fail")
                sender.send(backend.InferenceResponse(error=failure))
            for _ in range(max(0, int(x[0]))):
                sender.send(backend.InferenceResponse([backend.Tensor("y", x * 2)]))
            sender.send(flags=backend.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
        return None
