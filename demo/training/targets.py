"""What the net should answer for a picture, and how far off it is."""

import numpy as np
import torch

from stills import CLASSES, HEIGHT, WIDTH
from training.net import REACH, STRIDE

ROWS, COLUMNS = HEIGHT // STRIDE, WIDTH // STRIDE


def targets_of(boxes: np.ndarray):
    """boxes: rows of class, x_min, y_min, x_max, y_max in 0..1.

    Returns the heat map (3,R,C), the distances to the box's sides in pixels (4,R,C) and the weight of each cell's
    distances (R,C).
    """
    heat = np.zeros((len(CLASSES), ROWS, COLUMNS), np.float32)
    sides = np.zeros((4, ROWS, COLUMNS), np.float32)
    weight = np.zeros((ROWS, COLUMNS), np.float32)
    areas = (boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2])
    ys, xs = np.arange(ROWS, dtype=np.float32), np.arange(COLUMNS, dtype=np.float32)
    # Large ones first: where two things meet, the small one keeps its cells.
    for kind, x0, y0, x1, y1 in boxes[np.argsort(-areas)] * [1, WIDTH, HEIGHT, WIDTH, HEIGHT]:
        column = min(COLUMNS - 1, int((x0 + x1) / 2 / STRIDE))
        row = min(ROWS - 1, int((y0 + y1) / 2 / STRIDE))
        spread_x, spread_y = max(0.6, (x1 - x0) / STRIDE / 8), max(0.6, (y1 - y0) / STRIDE / 8)
        bell = (
            np.exp(-((xs - column) ** 2) / (2 * spread_x**2))[None, :]
            * np.exp(-((ys - row) ** 2) / (2 * spread_y**2))[:, None]
        )
        heat[int(kind)] = np.maximum(heat[int(kind)], bell)
        mine = bell > 0.35
        px, py = (xs + 0.5) * STRIDE, (ys + 0.5) * STRIDE
        reach = np.stack(
            np.broadcast_arrays((px - x0)[None, :], (py - y0)[:, None], (x1 - px)[None, :], (y1 - py)[:, None])
        )
        sides[:, mine] = np.maximum(reach[:, mine], 0.5)
        weight[mine] = bell[mine] / bell[mine].sum()
    return heat, sides, weight


def loss_of(answer, heat, sides, weight):
    """Focal loss for the heat map, generalised IoU for the boxes."""
    logits, exponents = answer[:, : len(CLASSES)], answer[:, len(CLASSES) :]
    things = heat.eq(1).sum().clamp(min=1)
    p = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    hit = heat.eq(1)
    found = -((1 - p) ** 2 * torch.log(p))[hit].sum()
    quiet = -((1 - heat) ** 4 * p**2 * torch.log(1 - p))[~hit].sum()
    spots = weight > 0
    predicted = REACH * torch.exp(exponents.permute(0, 2, 3, 1)[spots].clamp(-4, 5))
    wanted = sides.permute(0, 2, 3, 1)[spots]
    boxes = ((1 - giou(predicted, wanted)) * weight[spots]).sum()
    return (found + quiet) / things, boxes / things


def giou(a, b):
    """Of boxes given as distances from one shared point."""
    area_a = (a[:, 0] + a[:, 2]) * (a[:, 1] + a[:, 3])
    area_b = (b[:, 0] + b[:, 2]) * (b[:, 1] + b[:, 3])
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    inner = (low[:, 0] + low[:, 2]) * (low[:, 1] + low[:, 3])
    outer = (high[:, 0] + high[:, 2]) * (high[:, 1] + high[:, 3])
    union = area_a + area_b - inner
    return inner / union - (outer - union) / outer
