"""Single pictures with labels, at the size the model takes."""

import cv2
import numpy as np

from render.label import Label
from render.scene import Scene
from render.sensor import degrade

WIDTH, HEIGHT = 320, 192  # the model's input; 16:9 pictures are stretched to it
CAMERA = (640, 360)  # what the scene is drawn at before it is scaled down
CLASSES = ("vehicle", "person", "bike")
SCALERS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)


def draw_stills(seed: int, moments: int) -> list[tuple[np.ndarray, list[Label]]]:
    """Some moments of the street that follows from the seed, each through another camera."""
    scene = Scene(seed, *CAMERA)
    rng = np.random.default_rng([seed, 1])
    stills = []
    for t in rng.uniform(0, 30, moments):
        picture, labels = scene.draw(float(t))
        picture = degrade(picture, rng)
        scaler = SCALERS[rng.integers(len(SCALERS))]
        stills.append((cv2.resize(picture, (WIDTH, HEIGHT), interpolation=scaler), labels))
    return stills


def boxes_of(labels: list[Label]) -> np.ndarray:
    """Rows of class, x_min, y_min, x_max, y_max in 0 to 1."""
    rows = [(CLASSES.index(b.name), b.x, b.y, b.x + b.width, b.y + b.height) for b in labels]
    return np.array(rows, np.float32).reshape(-1, 5)
