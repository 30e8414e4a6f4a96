"""A bike: a bicycle and its rider, as one thing. A rider is no person of their own."""

import math

import skia

from .figure import CLOTHES, head, limb, pick, pick_look, shoe, torso
from .paint import fill, line, shade

WHEEL, BASE = 0.34, 1.04  # radius and distance between the axles, metres
CRANK = 0.17
DEVELOPMENT = 5.2  # metres travelled for one turn of the pedals


class Bike:
    label = "bike"

    def __init__(self, rng):
        self.look = pick_look(rng)
        self.frame = pick(rng, CLOTHES)
        self.rider_m = rng.normal(1.72, 0.07)
        self.upright = rng.uniform(0.0, 1.0)  # 0 a racer's back, 1 a Dutch one
        self.helmet = pick(rng, CLOTHES) if rng.random() < 0.6 else None
        self.basket = rng.random() < 0.25
        self.phase = rng.uniform(0, 2 * math.pi)
        self.look["hat"] = None

    def extent(self) -> tuple[float, float, float]:
        return (-1.05, 2.1, 1.15)

    def draw(self, canvas: skia.Canvas, travelled_m: float) -> None:
        """In metres, the ground under the bike's middle at the origin, y down, heading right."""
        turn = self.phase + 2 * math.pi * travelled_m / DEVELOPMENT
        rear, front = (-BASE / 2, -WHEEL), (BASE / 2, -WHEEL)
        crank = (-0.08, -0.3)
        saddle = (-0.26, -0.62 - self.rider_m * 0.19)
        bars = (0.36, -0.98 - 0.16 * self.upright)
        hip = (saddle[0] + 0.02, saddle[1] - 0.07)
        self._leg(canvas, hip, crank, turn + math.pi, 0.68)
        for hub in (rear, front):
            self._wheel(canvas, hub, travelled_m / WHEEL)
        self._frame(canvas, rear, front, crank, saddle, bars)
        self._pedals(canvas, crank, turn)
        self._rider(canvas, hip, bars)
        self._leg(canvas, hip, crank, turn, 1.0)
        self._arm(canvas, bars)

    def _wheel(self, canvas, hub, angle: float) -> None:
        canvas.drawCircle(*hub, WHEEL, fill((60, 60, 64), 0.12))
        for spoke in range(9):
            a = angle + spoke * 2 * math.pi / 9
            rim = (hub[0] + WHEEL * math.cos(a), hub[1] + WHEEL * math.sin(a))
            canvas.drawLine(*hub, *rim, line((190, 192, 196), 0.009, 0.8))
        canvas.drawCircle(*hub, WHEEL - 0.02, line((28, 28, 30), 0.045))
        canvas.drawCircle(*hub, WHEEL - 0.05, line((176, 178, 182), 0.014))
        canvas.drawCircle(*hub, 0.035, fill((90, 92, 96)))

    def _frame(self, canvas, rear, front, crank, saddle, bars) -> None:
        seat, head_tube = (saddle[0] + 0.02, saddle[1] + 0.12), (0.3, -0.86)
        tube, thin = line(self.frame, 0.045), line(shade(self.frame, 0.8), 0.03)
        for a, b in ((rear, crank), (rear, seat), (front, head_tube)):
            canvas.drawLine(*a, *b, thin)
        for a, b in ((crank, seat), (crank, head_tube), (seat, head_tube)):
            canvas.drawLine(*a, *b, tube)
        canvas.drawLine(*head_tube, *bars, line((60, 62, 66), 0.035))
        canvas.drawLine(bars[0] - 0.04, bars[1], bars[0] + 0.1, bars[1] + 0.04, line((40, 40, 44), 0.04))
        canvas.drawLine(*seat, *saddle, line((120, 122, 126), 0.03))
        canvas.drawLine(saddle[0] - 0.12, saddle[1], saddle[0] + 0.13, saddle[1] + 0.015, line((36, 32, 32), 0.06))
        if self.basket:
            canvas.drawRect(skia.Rect.MakeXYWH(0.4, bars[1] + 0.05, 0.3, 0.24), fill((128, 94, 62)))
        canvas.drawCircle(rear[0] - 0.1, -0.72, 0.03, fill((214, 40, 36)))

    def _pedals(self, canvas, crank, turn: float) -> None:
        canvas.drawCircle(*crank, 0.09, line((110, 112, 116), 0.022))
        for a in (turn, turn + math.pi):
            pedal = (crank[0] + CRANK * math.cos(a), crank[1] + CRANK * math.sin(a))
            canvas.drawLine(*crank, *pedal, line((60, 60, 64), 0.026))

    def _leg(self, canvas, hip, crank, turn: float, tone: float) -> None:
        ankle = (crank[0] + CRANK * math.cos(turn) - 0.05, crank[1] + CRANK * math.sin(turn) - 0.07)
        knee = bend(hip, ankle, 0.25 * self.rider_m, 0.25 * self.rider_m)
        h = self.rider_m
        limb(canvas, [hip, knee, ankle], [0.105 * h, 0.074 * h, 0.05 * h], shade(self.look["legs"], tone))
        canvas.save()
        canvas.scale(h, h)
        shoe(canvas, (ankle[0] / h, ankle[1] / h), 0.15 * math.sin(turn), shade(self.look["shoes"], tone))
        canvas.restore()

    def _shoulder(self, bars):
        return (0.02 + 0.14 * (1 - self.upright), bars[1] - 0.34 - 0.08 * self.upright)

    def _rider(self, canvas, hip, bars) -> None:
        x, y = self._shoulder(bars)
        points = [
            (x - 0.11, y - 0.05),
            (x + 0.1, y - 0.04),
            (x + 0.12, y + 0.12),
            (hip[0] + 0.17, hip[1] - 0.06),
            (hip[0] + 0.12, hip[1] + 0.1),
            (hip[0] - 0.14, hip[1] + 0.08),
            (hip[0] - 0.15, hip[1] - 0.1),
        ]
        torso(canvas, points, self.look["top"], hip[0] - 0.1, x + 0.12)
        h = self.rider_m
        canvas.save()
        canvas.translate(x + 0.07, y - 0.17)
        canvas.scale(h, h)
        head(canvas, (0, 0), self.look, "side")
        if self.helmet:
            shell = skia.Path()
            shell.addArc(skia.Rect.MakeLTRB(-0.082, -0.1, 0.074, 0.044), 175, 190)
            shell.close()
            canvas.drawPath(shell, fill(self.helmet))
            canvas.drawLine(-0.05, -0.07, 0.03, -0.085, line(shade(self.helmet, 0.5), 0.012))
        canvas.restore()

    def _arm(self, canvas, bars) -> None:
        shoulder, h = self._shoulder(bars), self.rider_m
        elbow = bend((shoulder[0], shoulder[1] + 0.03), bars, 0.2 * h, 0.19 * h, side=-1)
        limb(
            canvas,
            [(shoulder[0], shoulder[1] + 0.03), elbow, bars],
            [0.068 * h, 0.056 * h, 0.042 * h],
            shade(self.look["top"], 1.05),
        )
        canvas.drawCircle(*bars, 0.045, fill(self.look["skin"]))


def bend(a, b, first: float, second: float, side: int = 1):
    """The middle joint of a limb from a to b; side 1 bends forwards."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    span = min(math.hypot(dx, dy), first + second - 1e-3)
    along = (first**2 - second**2 + span**2) / (2 * span)
    off = math.sqrt(max(0.0, first**2 - along**2)) * side
    length = math.hypot(dx, dy) or 1e-6
    return (a[0] + (dx * along + dy * off) / length, a[1] + (dy * along - dx * off) / length)
