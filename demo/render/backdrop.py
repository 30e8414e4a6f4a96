"""Everything that neither moves nor hides anybody: sky, hills, houses, ground."""

import numpy as np
import skia

from .building import draw_row
from .camera import Camera
from .ground import draw_block_shadow, draw_ground, roughen
from .light import Light
from .paint import fill, gradient, mix, polygon, shade
from .street import Street


def draw_backdrop(camera: Camera, street: Street, light: Light, rng) -> tuple[np.ndarray, tuple | None]:
    """The empty street as BGRA, and the stretch of road in a house's shadow, if there is one."""
    picture = np.zeros((camera.height, camera.width, 4), np.uint8)
    canvas = skia.Surface(picture, colorType=skia.kBGRA_8888_ColorType).getCanvas()
    _sky(canvas, camera, light, rng)

    # Each depth is drawn in its own colours and then seen through light and air.
    def layer(z):
        canvas.saveLayer(None, skia.Paint(ColorFilter=light.filter(z)))

    layer(160)
    _hills(canvas, camera, rng)
    canvas.restore()
    layer(street.facades)
    canvas.save()
    scale = camera.scale(street.facades)
    canvas.translate(*camera.point(0, 0, street.facades))
    canvas.scale(scale, scale)
    draw_row(canvas, camera.half_view_m(street.facades), light, rng)
    canvas.drawRect(skia.Rect.MakeXYWH(-60, -0.25, 120, 0.35), fill((30, 28, 30), 0.35, blur=0.15))
    canvas.restore()
    canvas.restore()
    layer(street.strips[-1].near)
    draw_ground(canvas, camera, street, rng)
    canvas.restore()
    shaded = draw_block_shadow(canvas, camera, street, light, rng)
    roughen(picture, camera, street, rng)
    return picture, shaded


def _sky(canvas, camera: Camera, light: Light, rng) -> None:
    foot = camera.horizon * camera.height
    canvas.drawPaint(gradient((0, 0), (0, foot * 1.2), [light.sky_top, light.sky_low]))
    for _ in range(int(rng.integers(2, 7))):
        x, y = rng.uniform(0, camera.width), rng.uniform(0, foot * 0.8)
        size = camera.width * rng.uniform(0.02, 0.06)
        tint = mix(light.sky_low, (255, 255, 255), 0.5)
        for _ in range(14):
            canvas.drawCircle(
                x + rng.normal(0, 1.6) * size,
                y + rng.normal(0, 0.22) * size,
                size * rng.uniform(0.25, 0.6),
                fill(tint, 0.3, blur=size * 0.2),
            )


def _hills(canvas, camera: Camera, rng) -> None:
    foot = camera.horizon * camera.height
    for rise, green in ((0.10, (120, 142, 132)), (0.055, (104, 130, 92))):
        xs = np.linspace(0, camera.width, 40)
        waves = sum(np.sin(xs / camera.width * k + rng.uniform(0, 6)) / k for k in (4, 9, 23))
        ys = foot * 1.02 - camera.height * rise * (0.8 + 0.7 * waves)
        path = polygon([(0, camera.height), *zip(xs, ys), (camera.width, camera.height)])
        canvas.drawPath(path, fill(shade(green, rng.uniform(0.9, 1.05))))
    # Between the hills and the houses lies grass, seen through gaps in the row.
    canvas.drawRect(skia.Rect.MakeLTRB(0, foot, camera.width, camera.height), fill((112, 132, 84)))
