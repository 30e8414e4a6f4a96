"""Measures the demo's model on streets it was never trained on, through onnxruntime alone.

python demo/evaluate.py [--pictures 600] [--openvino]
Ends with status 1 when mAP@0.5 is below 0.90.
"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from detector import MODEL, Detector
from precision import average_precision, curve, match
from seeds import HELD_OUT
from stills import CLASSES, boxes_of, draw_stills

LEAST_MAP = 0.90
THRESHOLD = 0.75  # the use case's default; recall and precision are told at this confidence


def stills_of(seeds) -> list:
    """All of them before the first is looked at, so that drawing does not slow down what is timed."""
    with ProcessPoolExecutor(2) as pool:
        return [stills[0] for stills in pool.map(draw_stills, seeds, [1] * len(seeds), chunksize=10)]


def measure(detector: Detector, stills: list):
    """A row for each class: name, things, AP, recall and precision at THRESHOLD; and milliseconds an inference."""
    found = {label: ([], [], []) for label in range(len(CLASSES))}
    millis = []
    for picture, labels in stills:
        start = time.perf_counter()
        rows = detector.detect(picture)
        millis.append((time.perf_counter() - start) * 1000)
        truth = boxes_of(labels)
        for label, (confidences, hits, things) in found.items():
            mine, boxes = rows[rows[:, 0] == label], truth[truth[:, 0] == label, 1:]
            confidences.append(mine[:, 1])
            hits.append(match(mine[:, 2:], boxes))
            things.append(len(boxes))
    table = []
    for label, (confidences, hits, things) in found.items():
        recall, precision, sure = curve(np.concatenate(confidences), np.concatenate(hits), sum(things))
        last = int((sure >= THRESHOLD).sum()) - 1
        at = (recall[last], precision[last]) if last >= 0 else (0.0, 1.0)
        table.append((CLASSES[label], sum(things), average_precision(recall, precision), *at))
    return table, millis


def largest_difference(stills: list) -> float:
    """Between what OpenVINO and onnxruntime answer, over every number of every row."""
    import openvino  # only this check needs it

    compiled = openvino.Core().compile_model(str(MODEL), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    detector, worst = Detector(), 0.0
    for picture, _ in stills:
        image = picture.transpose(2, 0, 1)[None].astype(np.float32)
        rows = compiled({"image": image})["detection_out"][0, 0]
        rows, other = rows[rows[:, 0] >= 0, 1:], detector.detect(picture)
        # Two detections of nearly the same confidence may swap places, and the faintest come and go.
        for row in other[other[:, 1] > 0.05]:
            worst = max(worst, float(np.abs(rows - row).max(axis=1).min()))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=len(HELD_OUT), help="how many of the held-out streets")
    parser.add_argument("--openvino", action="store_true", help="also compare OpenVINO's answers with onnxruntime's")
    options = parser.parse_args()

    stills = stills_of(HELD_OUT[: options.pictures])
    table, millis = measure(Detector(), stills)
    mean = float(np.mean([row[2] for row in table]))
    print(f"{'class':<9}{'things':>8}{'AP@0.5':>9}{'recall':>9}{'precision':>11}   (at confidence {THRESHOLD})")
    for name, things, precision, recall, right in table:
        print(f"{name:<9}{things:>8}{precision:>9.3f}{recall:>9.3f}{right:>11.3f}")
    print(f"mAP@0.5 {mean:.3f} over {len(stills)} pictures; at least {LEAST_MAP:.2f} is wanted")
    fastest, median, slow = np.percentile(millis, [0, 50, 95])
    print(f"inference on one thread: fastest {fastest:.1f} ms, median {median:.1f}, p95 {slow:.1f}")
    if options.openvino:
        print(f"OpenVINO differs from onnxruntime by {largest_difference(stills[:50]):.6f} at most")
    return 0 if mean >= LEAST_MAP else 1


if __name__ == "__main__":
    sys.exit(main())
