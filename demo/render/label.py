"""The truth about a picture: a box around what can be seen of each thing."""

from dataclasses import dataclass

import numpy as np

from .sprite import Sprite

LEAST_VISIBLE = 0.33  # a thing that shows less of itself has no label
LEAST_HEIGHT, LEAST_WIDTH = 0.05, 0.014  # shares of the picture


@dataclass(frozen=True)
class Label:
    name: str  # vehicle, person, bike
    x: float  # the box around what is visible, as shares of the picture
    y: float
    width: float
    height: float
    visible: float  # share of the thing that is neither hidden nor outside the picture
    thing: int = 0  # the same for the same thing all through a scene


class Owners:
    """Which thing each pixel of the picture shows; things are added from far to near."""

    def __init__(self, height: int, width: int):
        self._owner = np.zeros((height, width), np.int32)

    def add(self, sprite: Sprite, number: int) -> None:
        here, there = sprite.inside(self._owner.shape)
        self._owner[here][sprite.solid[there]] = number

    def label(self, sprite: Sprite, number: int, name: str) -> Label | None:
        """None if too little can be seen."""
        here, _ = sprite.inside(self._owner.shape)
        seen = self._owner[here] == number
        whole, count = int(sprite.solid.sum()), int(seen.sum())
        if not count or count / whole < LEAST_VISIBLE:
            return None
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        height, width = self._owner.shape
        x, y = (here[1].start + columns[0]) / width, (here[0].start + rows[0]) / height
        box = (x, y, (columns[-1] - columns[0] + 1) / width, (rows[-1] - rows[0] + 1) / height)
        if box[3] < LEAST_HEIGHT or box[2] < LEAST_WIDTH:
            return None
        return Label(name, *(float(v) for v in box), count / whole, number)
