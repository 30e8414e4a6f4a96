"""Parts of the human body that walkers and riders share. Lengths are shares of body height."""

import math

import skia

from .paint import Colour, Point, fill, gradient, line, shade, smooth

SKINS = [(236, 196, 168), (214, 166, 132), (168, 118, 86), (118, 80, 58), (90, 60, 46)]
HAIRS = [(44, 34, 30), (92, 62, 40), (180, 142, 88), (140, 136, 132), (130, 66, 38)]
CLOTHES = [
    (178, 52, 50),
    (46, 74, 128),
    (58, 110, 84),
    (214, 178, 78),
    (120, 124, 130),
    (232, 228, 218),
    (42, 44, 52),
    (148, 92, 126),
    (216, 122, 70),
    (92, 142, 178),
    (124, 92, 68),
    (190, 186, 150),
]
TROUSERS = [(48, 58, 86), (44, 44, 48), (106, 96, 82), (76, 84, 74), (168, 154, 128), (88, 100, 124), (30, 32, 40)]


def pick(rng, colours) -> Colour:
    return shade(colours[rng.integers(len(colours))], rng.uniform(0.85, 1.12))


def limb(canvas: skia.Canvas, joints: list[Point], widths: list[float], colour: Colour) -> None:
    """A jointed limb that tapers from joint to joint, rounded at each."""
    for a, b, wide, narrow in zip(joints, joints[1:], widths, widths[1:]):
        length = math.hypot(b[0] - a[0], b[1] - a[1]) or 1e-6
        across = ((b[1] - a[1]) / length, -(b[0] - a[0]) / length)
        path = skia.Path()
        path.addPoly(
            [
                skia.Point(p[0] + s * across[0] * w / 2, p[1] + s * across[1] * w / 2)
                for p, s, w in ((a, 1, wide), (b, 1, narrow), (b, -1, narrow), (a, -1, wide))
            ],
            True,
        )
        canvas.drawPath(path, fill(colour))
        canvas.drawCircle(*a, wide / 2, fill(colour))
        canvas.drawCircle(*b, narrow / 2, fill(colour))
        # A lit edge gives the limb a round body.
        shift = wide * 0.18
        canvas.drawLine(
            a[0] + shift, a[1], b[0] + shift * narrow / wide, b[1], line(shade(colour, 1.18), narrow * 0.3, 0.5)
        )


def shoe(canvas: skia.Canvas, ankle: Point, tilt: float, colour: Colour) -> None:
    canvas.save()
    canvas.translate(*ankle)
    canvas.rotate(math.degrees(-tilt))
    path = smooth([(-0.03, -0.02), (0.03, -0.022), (0.085, 0.008), (0.095, 0.033), (-0.035, 0.036)])
    canvas.drawPath(path, fill(colour))
    canvas.drawLine(-0.028, 0.032, 0.085, 0.032, line(shade(colour, 0.45), 0.008))
    canvas.restore()


def torso(canvas: skia.Canvas, points: list[Point], colour: Colour, left: float, right: float) -> None:
    paint = gradient((left, 0), (right, 0), [shade(colour, 0.72), shade(colour, 1.0), shade(colour, 1.16)])
    canvas.drawPath(smooth(points), paint)


def head(canvas: skia.Canvas, centre: Point, look: dict, facing: str) -> None:
    """The head at `centre`; facing is side (to the right), front or back."""
    x, y = centre
    skin, hair = look["skin"], look["hair"]
    canvas.drawLine(x - 0.008, y + 0.03, x - 0.012, y + 0.09, line(shade(skin, 0.8), 0.05))
    oval = skia.Rect.MakeLTRB(x - 0.052, y - 0.068, x + 0.055, y + 0.068)
    canvas.drawOval(oval, gradient((x - 0.05, 0), (x + 0.055, 0), [shade(skin, 0.78), shade(skin, 1.05)]))
    if facing == "side":
        canvas.drawCircle(x + 0.054, y + 0.012, 0.012, fill(skin))
        canvas.drawCircle(x + 0.032, y - 0.008, 0.007, fill((40, 30, 28)))
    elif facing == "front":
        for side in (-1, 1):
            canvas.drawCircle(x + side * 0.021, y - 0.004, 0.0075, fill((40, 30, 28)))
        canvas.drawLine(x - 0.014, y + 0.036, x + 0.014, y + 0.036, line(shade(skin, 0.6), 0.007))
    _hair(canvas, centre, look, facing, hair)


def _hair(canvas, centre, look, facing, hair) -> None:
    x, y = centre
    paint = gradient((x, y - 0.08), (x, y + 0.06), [shade(hair, 1.25), shade(hair, 0.8)])
    if facing == "back":
        canvas.drawOval(skia.Rect.MakeLTRB(x - 0.058, y - 0.074, x + 0.058, y + 0.052), paint)
    else:
        brow = -0.024 if facing == "front" else -0.02
        cap = skia.Path()
        cap.addArc(skia.Rect.MakeLTRB(x - 0.06, y - 0.076, x + 0.06, y + 0.05), 180, 180)
        cap.lineTo(x + 0.05, y + brow)
        cap.lineTo(x - 0.05, y + brow + (0.03 if facing == "side" else 0))
        cap.close()
        canvas.drawPath(cap, paint)
        if facing == "side":
            canvas.drawOval(skia.Rect.MakeLTRB(x - 0.064, y - 0.06, x - 0.005, y + 0.036), paint)
    if look["long_hair"]:
        if facing == "front":
            for side in (-1, 1):
                canvas.drawLine(x + side * 0.052, y - 0.02, x + side * 0.056, y + 0.075, line(hair, 0.024))
        else:
            back = x - (0.042 if facing == "side" else 0)
            wide = 0.035 if facing == "side" else 0.055
            canvas.drawOval(skia.Rect.MakeLTRB(back - wide, y - 0.05, back + wide, y + 0.12), paint)
    if look["hat"]:
        hat = look["hat"]
        dome = skia.Path()
        dome.addArc(skia.Rect.MakeLTRB(x - 0.064, y - 0.09, x + 0.064, y + 0.04), 180, 180)
        canvas.drawPath(dome, fill(hat))
        if facing != "back":
            canvas.drawLine(
                x, y - 0.026, x + (0.09 if facing == "side" else 0.05), y - 0.026, line(shade(hat, 0.8), 0.016)
            )


def pick_look(rng) -> dict:
    return {
        "skin": pick(rng, SKINS),
        "hair": pick(rng, HAIRS),
        "long_hair": rng.random() < 0.4,
        "hat": pick(rng, CLOTHES) if rng.random() < 0.2 else None,
        "top": pick(rng, CLOTHES),
        "legs": pick(rng, TROUSERS),
        "shoes": pick(rng, [(36, 34, 36), (226, 224, 220), (112, 74, 50), (170, 60, 56)]),
    }
