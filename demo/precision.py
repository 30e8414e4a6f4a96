"""Average precision at an overlap of 0.5, over a whole set of pictures."""

import numpy as np

OVERLAP = 0.5


def overlaps(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Intersection over union of one box with many; x_min, y_min, x_max, y_max."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=1)
    return inner / (np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - inner)


def match(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """For each found box, the surest first, whether it is the first to hit a true box."""
    hits, taken = np.zeros(len(found), bool), np.zeros(len(truth), bool)
    for number, box in enumerate(found):
        if len(truth) == 0:
            break
        shares = np.where(taken, 0, overlaps(box, truth))
        best = int(shares.argmax())
        if shares[best] >= OVERLAP:
            hits[number] = taken[best] = True
    return hits


def curve(confidences: np.ndarray, hits: np.ndarray, things: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Recall, precision and confidence, from the surest detection to the least sure."""
    order = np.argsort(-confidences, kind="stable")
    right = np.cumsum(hits[order])
    return right / max(1, things), right / np.arange(1, len(order) + 1), confidences[order]


def average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """The area below the curve, each precision being the best at that recall or beyond (as VOC 2010)."""
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))
