"""Shadows on the ground: a soft dark patch below everything, and in the sun its outline, thrown."""

import cv2
import numpy as np
import skia

from .camera import Camera
from .light import Light
from .paint import fill
from .sprite import Sprite

SHADE = (14, 14, 22)


def shadow_of_body(canvas: skia.Canvas, camera: Camera, light: Light, corners) -> None:
    """For a thing with depth: corners are points of its surface as (x, up, z)."""
    soft = camera.width / 640
    _hull(canvas, camera, [(x, z) for x, _, z in corners], 0.42, 4 * soft)
    if light.shadow:
        thrown = [(x + light.sun_x * up, z + light.sun_z * up) for x, up, z in corners]
        _hull(canvas, camera, thrown, light.shadow, 1.2 * soft)


def shadow_of_sprite(
    canvas: skia.Canvas, camera: Camera, light: Light, sprite: Sprite, x: float, z: float, half_m: float
) -> None:
    """For a flat thing that stands at (x, z) and touches the ground over 2 * half_m."""
    foot, scale, soft = camera.point(x, 0, z), camera.scale(z), camera.width / 640
    patch = skia.Rect.MakeLTRB(
        foot[0] - half_m * scale, foot[1] - 0.05 * scale, foot[0] + half_m * scale, foot[1] + 0.06 * scale
    )
    canvas.drawOval(patch, fill((10, 10, 16), 0.4, blur=1.5 * soft))
    if light.shadow and z + 9 * light.sun_z > 2:
        _thrown(canvas, camera, light, sprite, x, z)


def _hull(canvas, camera: Camera, ground, alpha: float, blur: float) -> None:
    points = np.array([camera.point(x, 0, max(z, 1.0)) for x, z in ground], np.float32)
    path = skia.Path()
    path.addPoly([skia.Point(float(p[0]), float(p[1])) for p in cv2.convexHull(points)[:, 0]], True)
    canvas.drawPath(path, fill(SHADE, alpha, blur=blur))


def _thrown(canvas, camera: Camera, light: Light, sprite: Sprite, x: float, z: float) -> None:
    """Lays the sprite flat on the ground, away from the sun."""
    scale, foot = camera.scale(z), camera.point(x, 0, z)
    height, width = sprite.pixels.shape[:2]
    corners, targets = [(0, 0), (width, 0), (width, height), (0, height)], []
    for u, v in corners:
        up, side = (foot[1] - sprite.top - v) / scale, (sprite.left + u - foot[0]) / scale
        targets.append(camera.point(x + side + light.sun_x * up, 0, max(z + light.sun_z * up, 1.0)))
    matrix = skia.Matrix()
    if not matrix.setPolyToPoly([skia.Point(*p) for p in corners], [skia.Point(*p) for p in targets]):
        return
    blur = 0.8 * camera.width / 640
    paint = skia.Paint(
        AntiAlias=True,
        ColorFilter=skia.ColorFilters.Blend(skia.Color(*SHADE, 255), skia.BlendMode.kSrcIn),
        ImageFilter=skia.ImageFilters.Blur(blur, blur),
    )
    paint.setAlphaf(light.shadow)
    canvas.save()
    canvas.concat(matrix)
    canvas.drawImage(sprite.image, 0, 0, skia.SamplingOptions(skia.FilterMode.kLinear), paint)
    canvas.restore()
