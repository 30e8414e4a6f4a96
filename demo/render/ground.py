"""Road, pavements, kerbs and markings, in perspective."""

import cv2
import numpy as np
import skia

from .camera import Camera
from .paint import fill, gradient, mix, polygon, shade
from .street import Street, Strip

COLOURS = {
    "pavement": [(176, 170, 160), (164, 164, 164), (186, 174, 156)],
    "cycle": [(150, 92, 80), (104, 108, 110), (86, 118, 108)],
    "lane": [(92, 94, 98), (104, 104, 104), (82, 84, 92)],
    "parking": [(108, 106, 106), (118, 112, 106), (98, 100, 104)],
}
MARKING = (226, 226, 218)


def draw_ground(canvas: skia.Canvas, camera: Camera, street: Street, rng) -> None:
    looks = {use: choices[rng.integers(len(choices))] for use, choices in COLOURS.items()}
    _band(canvas, camera, street.strips[-1].far, street.facades + 0.01, shade(looks["pavement"], 0.95))
    for strip in street.strips:
        _band(canvas, camera, _first_depth(camera, strip, street), strip.far, looks[strip.use])
        if strip.use == "pavement":
            _slabs(canvas, camera, strip, street, looks["pavement"])
    _kerbs(canvas, camera, street)
    _markings(canvas, camera, street, rng)


def _first_depth(camera: Camera, strip: Strip, street: Street) -> float:
    """The nearest strip runs on below the picture's lower edge."""
    return min(strip.near, camera.ground_depth(camera.height) * 0.95) if strip is street.strips[0] else strip.near


def _quad(camera: Camera, x0: float, x1: float, near: float, far: float, up: float = 0.0) -> skia.Path:
    corners = [(x0, near), (x1, near), (x1, far), (x0, far)]
    return polygon([camera.point(x, up, z) for x, z in corners])


def _band(canvas, camera: Camera, near: float, far: float, colour) -> None:
    half = camera.half_view_m(far) * 1.2
    top, bottom = camera.point(0, 0, far), camera.point(0, 0, near)
    paint = gradient(top, bottom, [shade(colour, 1.05), shade(colour, 0.94)])
    canvas.drawPath(_quad(camera, -half, half, near, far), paint)


def _slabs(canvas, camera: Camera, strip: Strip, street: Street, colour) -> None:
    near = _first_depth(camera, strip, street)
    half = camera.half_view_m(strip.far) * 1.1
    joint = fill(shade(colour, 0.8), 0.55)
    for z in np.arange(strip.far, near, -0.6):
        canvas.drawPath(_quad(camera, -half, half, z - 0.025, z), joint)
    for x in np.arange(-half, half, 0.6):
        canvas.drawPath(_quad(camera, x, x + 0.022, near, strip.far), joint)


def _kerbs(canvas, camera: Camera, street: Street) -> None:
    first, last = street.strips[0], street.strips[-1]
    half = camera.half_view_m(last.far) * 1.2
    stone = (190, 188, 182)
    canvas.drawPath(_quad(camera, -half, half, first.far - 0.14, first.far), fill(stone))
    canvas.drawPath(_quad(camera, -half, half, first.far, first.far + 0.1), fill((50, 50, 54), 0.6))
    canvas.drawPath(_quad(camera, -half, half, last.near, last.near + 0.16), fill(stone))
    canvas.drawPath(_quad(camera, -half, half, last.near - 0.2, last.near), fill(shade(stone, 0.6)))


def _markings(canvas, camera: Camera, street: Street, rng) -> None:
    paint, faint = fill(MARKING, 0.9), fill(MARKING, 0.7)
    phase = rng.uniform(0, 6)
    half = camera.half_view_m(street.facades) * 1.2
    for left, right in zip(street.strips, street.strips[1:]):
        z = left.far
        if left.use == right.use == "lane":
            for x in np.arange(-half - 6 + phase, half, 6):
                canvas.drawPath(_quad(camera, x, x + 3, z - 0.06, z + 0.06), paint)
        elif "pavement" not in (left.use, right.use):
            canvas.drawPath(_quad(camera, -half, half, z - 0.05, z + 0.05), faint)
    if rng.random() < 0.6:
        _zebra(canvas, camera, street, rng.uniform(-5, 5), paint)


def _zebra(canvas, camera: Camera, street: Street, x: float, paint) -> None:
    lanes = [s for s in street.strips if s.use != "pavement"]
    for step in range(6):
        left = x + (step - 3) * 0.9
        canvas.drawPath(_quad(camera, left, left + 0.45, lanes[0].near + 0.2, lanes[-1].far - 0.2), paint)


def roughen(picture: np.ndarray, camera: Camera, street: Street, rng) -> None:
    """Grain and stains on the ground, finer with distance; changes the picture in place."""
    top = int(camera.point(0, 0, street.facades)[1])
    rows, width = picture.shape[0] - top, picture.shape[1]
    if rows <= 0:
        return
    plain = np.zeros((rows, width), np.float32)
    for size, strength in ((2, 0.05), (14, 0.05), (70, 0.07)):
        noise = rng.normal(0, 1, (max(2, rows // size * 3), max(2, width // size))).astype(np.float32)
        plain += strength * cv2.resize(noise, (width, rows), interpolation=cv2.INTER_CUBIC)
    ground = picture[top:, :, :3].astype(np.float32) * (1 + 0.55 * plain[..., None])
    picture[top:, :, :3] = np.clip(ground, 0, 255).astype(np.uint8)


def draw_block_shadow(canvas, camera: Camera, street: Street, light, rng) -> tuple[float, float] | None:
    """The shadow of a house behind the camera; returns the stretch of x it covers at the road."""
    if light.shadow < 0.2 or rng.random() < 0.55:
        return None
    left = rng.uniform(-14, 8)
    right = left + rng.uniform(4, 14)
    lean = light.sun_x * 3
    near, far = street.strips[0].near * 0.6, street.facades
    corners = [(left, near), (right, near), (right + lean, far), (left + lean, far)]
    path = polygon([camera.point(x, 0, z) for x, z in corners])
    canvas.drawPath(path, fill(mix((0, 0, 0), (20, 30, 60), 0.6), light.shadow * 0.9, blur=camera.width / 320))
    return left + lean / 2, right + lean / 2
