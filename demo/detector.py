"""Runs the demo's model with onnxruntime, as anybody would who has only the .onnx file."""

from pathlib import Path

import numpy as np
import onnxruntime

MODEL = Path(__file__).parent / "person_vehicle_bike.onnx"


class Detector:
    def __init__(self, model: str | Path | bytes = MODEL):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        model = model if isinstance(model, bytes) else str(model)
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def detect(self, picture: np.ndarray) -> np.ndarray:
        """picture: HEIGHT,WIDTH,3, BGR. Rows of label, confidence, x_min, y_min, x_max, y_max; the surest first."""
        image = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        rows = self._session.run(["detection_out"], {"image": image})[0][0, 0]
        return rows[rows[:, 0] >= 0, 1:]
