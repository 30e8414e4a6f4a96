"""Short words for Skia paints. Colours are (red, green, blue), 0 to 255."""

import math

import skia

Colour = tuple[float, float, float]
Point = tuple[float, float]


def rgb(colour: Colour, alpha: float = 1.0) -> int:
    r, g, b = (int(min(255, max(0, c))) for c in colour)
    return skia.Color(r, g, b, int(255 * min(1, max(0, alpha))))


def shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1; above 1 lighter, and paler too, as paint in the sun is."""
    if factor <= 1:
        return tuple(c * factor for c in colour)
    return mix(colour, (255, 252, 245), min(1, (factor - 1) * 0.9))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    return tuple(x + (y - x) * share for x, y in zip(a, b))


def fill(colour: Colour, alpha: float = 1.0, blur: float = 0.0) -> skia.Paint:
    paint = skia.Paint(AntiAlias=True, Color=rgb(colour, alpha))
    if blur > 0:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    return paint


def line(colour: Colour, width: float, alpha: float = 1.0) -> skia.Paint:
    return skia.Paint(
        AntiAlias=True,
        Color=rgb(colour, alpha),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
    )


def gradient(a: Point, b: Point, colours: list[Colour], stops=None, alpha: float = 1.0):
    """A fill that runs from point a to point b."""
    shader = skia.GradientShader.MakeLinear(
        points=[skia.Point(*a), skia.Point(*b)],
        colors=[rgb(c, alpha) for c in colours],
        positions=stops,
    )
    return skia.Paint(AntiAlias=True, Shader=shader)


def glow(centre: Point, radius: float, colour: Colour, alpha: float) -> skia.Paint:
    """Light that is added to what is there and fades outwards."""
    shader = skia.GradientShader.MakeRadial(
        center=skia.Point(*centre),
        radius=radius,
        colors=[rgb(colour, alpha), rgb(colour, alpha * 0.25), rgb(colour, 0)],
        positions=[0.0, 0.35, 1.0],
    )
    return skia.Paint(AntiAlias=True, Shader=shader, BlendMode=skia.BlendMode.kPlus)


def polygon(points: list[Point], closed: bool = True) -> skia.Path:
    path = skia.Path()
    path.addPoly([skia.Point(*p) for p in points], closed)
    return path


def smooth(points: list[Point]) -> skia.Path:
    """A closed curve that touches the middle of every edge of the polygon."""
    path = skia.Path()
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in zip(points, points[1:] + points[:1])]
    path.moveTo(*middles[-1])
    for point, middle in zip(points, middles):
        path.quadTo(*point, *middle)
    path.close()
    return path


def towards(start: Point, angle: float, length: float) -> Point:
    """A point at `length` from start; angle 0 hangs straight down, positive swings forwards."""
    return (start[0] + length * math.sin(angle), start[1] + length * math.cos(angle))
