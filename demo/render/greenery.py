"""Street furniture that may stand in front of people: trees, lamps, signs, bollards."""

import math

import skia

from .paint import fill, gradient, line, shade

GREENS = [(92, 128, 66), (78, 116, 70), (116, 138, 70), (134, 132, 60), (150, 112, 56)]


def draw_tree(canvas: skia.Canvas, rng) -> None:
    """In metres, the foot of the trunk at the origin, y down."""
    green = shade(GREENS[rng.integers(len(GREENS))], rng.uniform(0.8, 1.1))
    height, spread = rng.uniform(5.2, 7.5), rng.uniform(1.5, 2.3)
    bark = (96, 78, 62)
    trunk = skia.Path()
    trunk.moveTo(-0.16, 0)
    trunk.quadTo(-0.08, -1, -0.09, -height * 0.6)
    trunk.lineTo(0.09, -height * 0.6)
    trunk.quadTo(0.08, -1, 0.17, 0)
    canvas.drawPath(trunk, gradient((-0.15, 0), (0.15, 0), [shade(bark, 1.15), shade(bark, 0.65)]))
    middle = -height + spread * 0.9
    for layer, (tone, lift, size) in enumerate(
        ((0.58, 0.3, 0.5), (0.8, 0.08, 0.44), (1.0, -0.16, 0.34), (1.14, -0.34, 0.2))
    ):
        for _ in range(16 + layer * 8):
            angle, out = rng.uniform(0, 6.28), rng.uniform(0, 0.85) ** 0.7 * (1 - size)
            x = 1.25 * out * math.cos(angle) * spread
            y = middle + (1.1 * out * math.sin(angle) + lift * 0.8) * spread
            # The crown keeps clear of heads: a tree hides legs by its trunk only.
            y = min(y, -2.5 - size * spread)
            radius = spread * size * rng.uniform(0.55, 1.0)
            canvas.drawCircle(x, y, radius, fill(shade(green, tone * rng.uniform(0.9, 1.08)), 0.9))
    for _ in range(150):
        angle, out = rng.uniform(0, 6.28), rng.uniform(0, 1) ** 0.5
        x, y = 1.1 * out * math.cos(angle) * spread, min(-2.6, middle + (0.95 * out * math.sin(angle) - 0.1) * spread)
        canvas.drawCircle(x, y, rng.uniform(0.04, 0.13), fill(shade(green, rng.uniform(0.6, 1.3)), 0.6))


def draw_lamp(canvas: skia.Canvas, rng, lit: float = 0.0) -> None:
    height, metal = rng.uniform(4.8, 6.2), shade((70, 76, 78), rng.uniform(0.8, 1.2))
    canvas.drawRect(skia.Rect.MakeXYWH(-0.11, -0.9, 0.22, 0.9), fill(shade(metal, 0.9)))
    canvas.drawRect(
        skia.Rect.MakeXYWH(-0.055, -height, 0.11, height),
        gradient((-0.06, 0), (0.06, 0), [shade(metal, 1.3), shade(metal, 0.7)]),
    )
    canvas.drawLine(0, -height, 0.9, -height - 0.25, line(metal, 0.08))
    head = (255, 232, 180) if lit > 0.3 else (214, 214, 206)
    canvas.drawRoundRect(skia.Rect.MakeXYWH(0.6, -height - 0.3, 0.65, 0.14), 0.06, 0.06, fill(head))


def draw_sign(canvas: skia.Canvas, rng) -> None:
    top = rng.uniform(2.2, 2.8)
    canvas.drawRect(skia.Rect.MakeXYWH(-0.035, -top, 0.07, top), fill((150, 152, 154)))
    if rng.random() < 0.5:
        canvas.drawCircle(0, -top, 0.32, fill((196, 48, 44)))
        canvas.drawCircle(0, -top, 0.23, fill((240, 240, 236)))
    else:
        canvas.drawRoundRect(skia.Rect.MakeXYWH(-0.3, -top - 0.3, 0.6, 0.6), 0.05, 0.05, fill((44, 92, 160)))
        canvas.drawRect(skia.Rect.MakeXYWH(-0.08, -top - 0.18, 0.16, 0.36), fill((240, 240, 236)))


def draw_bollard(canvas: skia.Canvas, rng) -> None:
    tall = rng.uniform(0.8, 1.0)
    canvas.drawRoundRect(
        skia.Rect.MakeXYWH(-0.07, -tall, 0.14, tall),
        0.06,
        0.06,
        gradient((-0.07, 0), (0.07, 0), [(112, 114, 118), (52, 54, 58)]),
    )
    canvas.drawRect(skia.Rect.MakeXYWH(-0.07, -tall + 0.12, 0.14, 0.09), fill((222, 214, 190)))


def draw_bin(canvas: skia.Canvas, rng) -> None:
    colour = [(64, 92, 74), (74, 78, 84), (120, 84, 58)][rng.integers(3)]
    body = skia.Rect.MakeXYWH(-0.26, -0.95, 0.52, 0.9)
    canvas.drawRoundRect(body, 0.06, 0.06, gradient((-0.26, 0), (0.26, 0), [shade(colour, 1.15), shade(colour, 0.6)]))
    canvas.drawRoundRect(skia.Rect.MakeXYWH(-0.3, -1.05, 0.6, 0.14), 0.05, 0.05, fill(shade(colour, 0.7)))


def draw_planter(canvas: skia.Canvas, rng) -> None:
    canvas.drawRoundRect(
        skia.Rect.MakeXYWH(-0.6, -0.45, 1.2, 0.45),
        0.04,
        0.04,
        gradient((0, -0.45), (0, 0), [(170, 160, 146), (122, 114, 104)]),
    )
    green = GREENS[rng.integers(3)]
    for _ in range(40):
        canvas.drawCircle(
            rng.uniform(-0.55, 0.55),
            -0.5 - rng.uniform(0, 0.35),
            rng.uniform(0.06, 0.14),
            fill(shade(green, rng.uniform(0.6, 1.2))),
        )


# Name, how to draw it, its extent in metres (left, top, right), how often it stands somewhere.
FURNITURE = {
    "tree": (draw_tree, (-3.6, 9.5, 3.6), 0.34),
    "lamp": (draw_lamp, (-0.4, 7.0, 1.6), 0.22),
    "sign": (draw_sign, (-0.5, 3.4, 0.5), 0.14),
    "bollard": (draw_bollard, (-0.3, 1.2, 0.3), 0.14),
    "bin": (draw_bin, (-0.5, 1.3, 0.5), 0.08),
    "planter": (draw_planter, (-0.9, 1.2, 0.9), 0.08),
}
