"""A thing drawn by itself, so that its exact outline is known before it meets the picture."""

import math
from dataclasses import dataclass

import numpy as np
import skia

from .camera import Camera


@dataclass(frozen=True)
class Sprite:
    pixels: np.ndarray  # BGRA, premultiplied
    left: int  # where its corner falls in the picture; may be outside
    top: int

    @property
    def image(self) -> skia.Image:
        return skia.Image.fromarray(self.pixels, colorType=skia.kBGRA_8888_ColorType)

    @property
    def solid(self) -> np.ndarray:
        """Where the thing is, as opposed to the soft edge around it."""
        return self.pixels[..., 3] > 127

    def inside(self, shape) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """The part within a picture of that shape: rows and columns of the picture, and of the sprite."""
        height, width = self.pixels.shape[:2]
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(shape[0], self.top + height), min(shape[1], self.left + width)
        here = (slice(top, bottom), slice(left, right))
        there = (slice(top - self.top, bottom - self.top), slice(left - self.left, right - self.left))
        return here, there


def draw_sprite(camera: Camera, box: tuple[float, float, float, float], paint) -> Sprite | None:
    """What paint(canvas) draws within the box, in pixels of the picture; None if that is out of sight."""
    left, top, right, bottom = math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]) + 1, math.ceil(box[3]) + 1
    if right <= 0 or left >= camera.width or bottom <= 0 or top >= camera.height:
        return None
    pixels = np.zeros((bottom - top, right - left, 4), np.uint8)
    canvas = skia.Surface(pixels, colorType=skia.kBGRA_8888_ColorType).getCanvas()
    canvas.translate(-left, -top)
    paint(canvas)
    return Sprite(pixels, left, top)


def draw_upright(camera: Camera, x: float, z: float, extent, direction: int, paint) -> Sprite | None:
    """A flat thing that stands at (x, z) and faces the camera; paint draws it in metres, heading right.

    extent is how far it reaches to the left, up and to the right of its foot.
    """
    scale, (foot_x, foot_y) = camera.scale(z), camera.point(x, 0, z)
    left, top, right = extent
    if direction < 0:
        left, right = -right, -left
    box = (foot_x + left * scale, foot_y - top * scale, foot_x + right * scale, foot_y + 0.08 * scale)

    def place(canvas):
        canvas.translate(foot_x, foot_y)
        canvas.scale(scale * direction, scale)
        paint(canvas)

    return draw_sprite(camera, box, place)
