"""Turns a checkpoint into the .onnx file, its scores calibrated on training streets.

python -m training.export --checkpoint /tmp/net.pt --out demo/person_vehicle_bike.onnx
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import torch

from detector import Detector
from precision import curve, match
from seeds import TRAINING
from stills import CLASSES, boxes_of, draw_stills
from training.graph import write_graph
from training.net import Net

STREETS = TRAINING[-200:]  # drawn for this; not among the pictures trained on
GAIN = 2.0
UNCALIBRATED = (1.0, [float(np.log(3.0))] * len(CLASSES))


def calibrate(net: Net) -> list[float]:
    """For each class the logit at which F1 is best."""
    detector = Detector(write_graph(net, UNCALIBRATED).SerializeToString())
    confidences, hits, things = [[] for _ in CLASSES], [[] for _ in CLASSES], [0] * len(CLASSES)
    with ProcessPoolExecutor(1) as pool:
        for stills in pool.map(draw_stills, STREETS, [1] * len(STREETS), chunksize=10):
            for picture, labels in stills:
                rows, truth = detector.detect(picture), boxes_of(labels)
                for label in range(len(CLASSES)):
                    mine = rows[rows[:, 0] == label]
                    boxes = truth[truth[:, 0] == label, 1:]
                    confidences[label].append(mine[:, 1])
                    hits[label].append(match(mine[:, 2:], boxes))
                    things[label] += len(boxes)
    middles = []
    for label in range(len(CLASSES)):
        recall, precision, sure = curve(np.concatenate(confidences[label]), np.concatenate(hits[label]), things[label])
        f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-9)
        best = float(np.clip(sure[f1.argmax()], 1e-6, 1 - 1e-6))
        middles.append(float(np.log(best / (1 - best))))
        print(f"{CLASSES[label]}: best F1 {f1.max():.3f} at a raw score of {best:.3f}")
    return middles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    net = Net().eval()
    net.load_state_dict(torch.load(options.checkpoint))
    onnx.save(write_graph(net, (GAIN, calibrate(net))), options.out)
    print(f"{options.out.name}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
