"""House fronts: storeys of windows, a roof, a shop or a door at street level."""

import numpy as np
import skia

from .paint import fill, gradient, line, mix, polygon, shade

WALLS = [
    (188, 112, 92),
    (206, 184, 148),
    (196, 196, 188),
    (166, 98, 82),
    (216, 200, 170),
    (150, 162, 172),
    (190, 150, 110),
    (222, 214, 200),
    (142, 128, 122),
    (170, 184, 164),
]
ROOFS = [(122, 72, 60), (88, 88, 96), (104, 84, 76)]
AWNINGS = [(168, 58, 52), (46, 94, 84), (52, 74, 120), (196, 150, 70), (120, 60, 90)]
GLASS, GLASS_LOW = (96, 122, 142), (54, 68, 82)
LAMPLIGHT = (255, 206, 128)


def draw_row(canvas: skia.Canvas, half_m: float, light, rng) -> None:
    """A row of buildings in metres: x to the right, y down, the pavement at y = 0."""
    x = -half_m - rng.uniform(0, 6)
    gap_due = rng.uniform(0.12, 0.25)
    while x < half_m:
        if rng.random() < gap_due:
            x += rng.uniform(3, 6)  # a garden or a side street; the backdrop shows through
            continue
        width = rng.uniform(6, 12)
        canvas.save()
        canvas.translate(x, 0)
        _building(canvas, width, light, rng)
        canvas.restore()
        x += width


def _building(canvas, width: float, light, rng) -> None:
    storeys = int(rng.integers(2, 5))
    ground_m, storey_m = rng.uniform(3.4, 4.0), rng.uniform(2.8, 3.3)
    height = ground_m + storeys * storey_m
    wall = shade(WALLS[rng.integers(len(WALLS))], rng.uniform(0.85, 1.08))
    rect = skia.Rect.MakeXYWH(0, -height, width + 0.02, height)
    canvas.drawRect(rect, gradient((0, -height), (0, 0), [shade(wall, 1.06), shade(wall, 0.86)]))
    _courses(canvas, width, height, wall, rng)
    _roof(canvas, width, height, wall, rng)
    style = _window_style(rng)
    columns = max(2, int(width / rng.uniform(1.9, 2.8)))
    for storey in range(storeys):
        top = -ground_m - (storey + 1) * storey_m + 0.6
        for column in range(columns):
            centre = (column + 0.5) * width / columns
            _window(canvas, centre, top, storey_m, style, wall, light, rng)
    canvas.drawRect(skia.Rect.MakeXYWH(0, -ground_m - 0.18, width, 0.22), fill(shade(wall, 1.12)))
    canvas.drawRect(skia.Rect.MakeXYWH(0, -ground_m + 0.04, width, 0.1), fill(shade(wall, 0.62), 0.7))
    if rng.random() < 0.62:
        _shop(canvas, width, ground_m, light, rng)
    else:
        _house_door(canvas, width, ground_m, style, wall, light, rng)
    canvas.drawRect(skia.Rect.MakeXYWH(width - 0.12, -height, 0.12, height), fill((30, 30, 40), 0.16))


def _courses(canvas, width, height, wall, rng) -> None:
    paint = line(shade(wall, 0.8), 0.02, 0.4)
    for y in np.arange(0, height, rng.choice([0.28, 0.45])):
        canvas.drawLine(0, -y, width, -y, paint)


def _roof(canvas, width, height, wall, rng) -> None:
    if rng.random() < 0.5:
        canvas.drawRect(skia.Rect.MakeXYWH(-0.1, -height - 0.3, width + 0.2, 0.42), fill(shade(wall, 1.15)))
        canvas.drawRect(skia.Rect.MakeXYWH(0, -height + 0.12, width, 0.16), fill(shade(wall, 0.55), 0.6))
        return
    tile, rise = ROOFS[rng.integers(len(ROOFS))], rng.uniform(1.2, 2.2)
    slope = polygon([(-0.25, -height), (0.5, -height - rise), (width - 0.5, -height - rise), (width + 0.25, -height)])
    canvas.drawPath(slope, gradient((0, -height - rise), (0, -height), [shade(tile, 1.1), shade(tile, 0.8)]))
    for y in np.arange(0.25, rise, 0.28):
        canvas.drawLine(0.2, -height - y, width - 0.2, -height - y, line(shade(tile, 0.7), 0.03, 0.5))
    canvas.drawRect(skia.Rect.MakeXYWH(-0.25, -height - 0.06, width + 0.5, 0.14), fill(shade(wall, 0.6)))
    chimney = rng.uniform(0.2, 0.8) * width
    canvas.drawRect(skia.Rect.MakeXYWH(chimney, -height - rise - 0.7, 0.7, 1.0), fill(shade(wall, 0.75)))


def _window_style(rng) -> dict:
    return {
        "width": rng.uniform(0.95, 1.35),
        "height": rng.uniform(1.4, 1.9),
        "frame": [(236, 234, 228), (70, 66, 64), (120, 86, 62)][rng.integers(3)],
        "shutter": AWNINGS[rng.integers(len(AWNINGS))] if rng.random() < 0.3 else None,
    }


def _window(canvas, centre, top, storey_m, style, wall, light, rng) -> None:
    width, height = style["width"], min(style["height"], storey_m - 0.9)
    left = centre - width / 2
    canvas.drawRect(skia.Rect.MakeXYWH(left - 0.09, top - 0.09, width + 0.18, height + 0.18), fill(style["frame"]))
    pane(canvas, left, top, width, height, light, rng)
    bars = fill(style["frame"])
    canvas.drawRect(skia.Rect.MakeXYWH(centre - 0.03, top, 0.06, height), bars)
    canvas.drawRect(skia.Rect.MakeXYWH(left, top + height * 0.38, width, 0.05), bars)
    canvas.drawRect(skia.Rect.MakeXYWH(left - 0.16, top + height + 0.07, width + 0.32, 0.11), fill(shade(wall, 1.18)))
    canvas.drawRect(skia.Rect.MakeXYWH(left - 0.1, top + height + 0.18, width + 0.2, 0.1), fill(shade(wall, 0.55), 0.6))
    if style["shutter"]:
        for x in (left - 0.09 - 0.42, left + width + 0.09):
            canvas.drawRect(skia.Rect.MakeXYWH(x, top - 0.05, 0.42, height + 0.1), fill(style["shutter"]))


def pane(canvas, left, top, width, height, light, rng) -> None:
    """Glass: sky above, street below, a curtain now and then, lamplight in the evening."""
    rect = skia.Rect.MakeXYWH(left, top, width, height)
    tone = rng.uniform(0.8, 1.15)
    canvas.drawRect(
        rect, gradient((left, top), (left + width * 0.4, top + height), [shade(GLASS, tone), shade(GLASS_LOW, tone)])
    )
    if rng.random() < 0.35:
        curtain = fill((226, 220, 208), 0.55)
        canvas.drawRect(skia.Rect.MakeXYWH(left, top, width * 0.24, height), curtain)
        canvas.drawRect(skia.Rect.MakeXYWH(left + width * 0.76, top, width * 0.24, height), curtain)
    if rng.random() < light.lamps * 0.55:
        # The whole backdrop is darkened for dusk afterwards; lamplight is drawn brighter to survive it.
        bright = mix(LAMPLIGHT, (255, 240, 210), rng.random())
        canvas.drawRect(rect, fill(bright, 0.9))


def _shop(canvas, width, ground_m, light, rng) -> None:
    front = shade(
        [(70, 62, 58), (54, 70, 84), (226, 222, 212), (96, 60, 52), (44, 78, 66)][rng.integers(5)],
        rng.uniform(0.8, 1.1),
    )
    canvas.drawRect(skia.Rect.MakeXYWH(0.25, -ground_m + 0.15, width - 0.5, ground_m - 0.15), fill(front))
    door = rng.uniform(0.5, width - 1.8)
    for left, right in ((0.5, door - 0.15), (door + 1.2, width - 0.5)):
        if right - left < 0.7:
            continue
        pane(canvas, left, -2.6, right - left, 2.1, light, rng)
        _goods(canvas, left, right, rng)
        for x in np.arange(left, right, max(1.1, (right - left) / 3)):
            canvas.drawRect(skia.Rect.MakeXYWH(x, -2.6, 0.06, 2.1), fill(shade(front, 0.8)))
        shine = polygon(
            [(left, -2.6), (left + (right - left) * 0.5, -2.6), (left + (right - left) * 0.2, -0.5), (left, -0.5)]
        )
        canvas.drawPath(shine, fill((255, 255, 255), 0.1))
    canvas.drawRect(skia.Rect.MakeXYWH(door, -2.5, 1.05, 2.5), fill(shade(front, 1.2)))
    pane(canvas, door + 0.14, -2.36, 0.77, 1.9, light, rng)
    sign = AWNINGS[rng.integers(len(AWNINGS))]
    canvas.drawRect(skia.Rect.MakeXYWH(0.4, -ground_m + 0.22, width - 0.8, 0.52), fill(shade(sign, 0.85)))
    _lettering(canvas, width, -ground_m + 0.48, rng)
    if rng.random() < 0.6:
        _awning(canvas, 0.4, width - 0.4, -2.75, sign)


def _goods(canvas, left, right, rng) -> None:
    for x in np.arange(left + 0.25, right - 0.2, 0.38):
        tall = rng.uniform(0.15, 0.6)
        hue = AWNINGS[rng.integers(len(AWNINGS))]
        canvas.drawRect(skia.Rect.MakeXYWH(x, -0.5 - tall, 0.26, tall), fill(shade(hue, 0.8), 0.55))


def _lettering(canvas, width, y, rng) -> None:
    """Strokes that look like a name from across the street."""
    x, end = width * 0.3, width * rng.uniform(0.55, 0.75)
    while x < end:
        step = rng.uniform(0.12, 0.26)
        canvas.drawRect(skia.Rect.MakeXYWH(x, y - 0.13, step * 0.62, 0.26), fill((242, 236, 220), 0.9))
        x += step * (2 if rng.random() < 0.15 else 1)


def _awning(canvas, left, right, y, colour) -> None:
    drop, stripes = 0.75, max(4, int((right - left) / 0.45))
    step = (right - left) / stripes
    for i in range(stripes):
        tint = colour if i % 2 == 0 else (236, 230, 216)
        x = left + i * step
        canvas.drawPath(
            polygon([(x, y), (x + step, y), (x + step, y + drop), (x, y + drop)]),
            gradient((0, y), (0, y + drop), [shade(tint, 1.02), shade(tint, 0.8)]),
        )
        canvas.drawCircle(x + step / 2, y + drop, step / 2, fill(shade(tint, 0.82)))
    canvas.drawRect(skia.Rect.MakeXYWH(left, y + drop + 0.2, right - left, 0.4), fill((20, 20, 30), 0.22, blur=0.1))


def _house_door(canvas, width, ground_m, style, wall, light, rng) -> None:
    door, colour = rng.uniform(0.6, width - 1.7), AWNINGS[rng.integers(len(AWNINGS))]
    canvas.drawRect(skia.Rect.MakeXYWH(0, -0.7, width, 0.7), fill(shade(wall, 0.66)))
    canvas.drawRect(skia.Rect.MakeXYWH(door - 0.14, -2.75, 1.38, 2.75), fill(shade(wall, 1.2)))
    canvas.drawRect(skia.Rect.MakeXYWH(door, -2.6, 1.1, 2.6), fill(shade(colour, 0.8)))
    pane(canvas, door + 0.2, -2.45, 0.7, 0.6, light, rng)
    for x in np.arange(0.9, width - 0.8, 2.1):
        if abs(x - door - 0.55) > 1.5:
            _window(canvas, x, -ground_m + 0.75, ground_m - 0.3, style, wall, light, rng)
