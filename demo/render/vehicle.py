"""A vehicle: its side view pulled out to its width, seen through the camera."""

import math

import skia

from .camera import Camera
from .light import Light
from .paint import fill, glow, gradient, line, polygon, shade
from .vehicle_shape import PAINTS, SHAPES, SHARES

GLASS_TOP, GLASS_LOW = (128, 150, 166), (38, 48, 58)


class Vehicle:
    label = "vehicle"

    def __init__(self, rng, shape=None):
        self.shape = shape or SHAPES[rng.choice(len(SHAPES), p=SHARES)]
        self.paint = shade(PAINTS[rng.integers(len(PAINTS))], rng.uniform(0.88, 1.08))
        self.second = shade(PAINTS[rng.integers(len(PAINTS))], 1.0)
        self.stripe = self.shape.kind != "car" and rng.random() < 0.7
        self.taxi = self.shape.kind == "car" and rng.random() < 0.08
        self.spokes = int(rng.integers(5, 9))
        self.driver = rng.random() < 0.8

    def corners(self, x: float, z: float, direction: int):
        """Every point of the outline on the near and the far side, in the world."""
        half = self.shape.width / 2
        return [(x + direction * u, up, z + side * half) for u, up in self.shape.outline for side in (-1, 1)]

    def draw(
        self, canvas: skia.Canvas, camera: Camera, light: Light, x: float, z: float, direction: int, travelled_m: float
    ):
        """Draws at picture coordinates; z is the depth of the vehicle's middle."""
        view = _View(camera, self.shape, x, z, direction)
        self._under(canvas, view, travelled_m)
        self._faces(canvas, view, light)
        self._side(canvas, view, light)
        self._windows(canvas, view)
        for axle in self.shape.axles:
            self._wheel(canvas, view, axle, travelled_m)
        self._lights(canvas, view, light)

    def _under(self, canvas, view, travelled_m) -> None:
        rear, front = self.shape.outline[0], self.shape.outline[-1]
        dark = fill((18, 18, 20))
        sill = min(rear[1], front[1]) + 0.1
        points = [
            view.near(rear[0] + 0.15, sill),
            view.near(front[0] - 0.15, sill),
            view.near(front[0] - 0.2, 0.2),
            view.near(rear[0] + 0.2, 0.2),
        ]
        canvas.drawPath(polygon(points), dark)
        for axle in self.shape.axles:
            canvas.drawCircle(*view.far(axle, self.shape.wheel), self.shape.wheel * view.scale_far, dark)

    def _faces(self, canvas, view, light) -> None:
        """The strips between near and far outline that face the camera: bonnet, screens, roof, an end."""
        outline = self.shape.outline
        for number, (a, b) in enumerate(zip(outline, outline[1:])):
            quad = [view.near(*a), view.near(*b), view.far(*b), view.far(*a)]
            if _area(quad) * view.direction >= 0:
                continue
            length = math.hypot(b[0] - a[0], b[1] - a[1])
            upward = (b[0] - a[0]) / length  # 1 for a roof, 0 for an end
            tone = (
                0.72
                + 0.42 * max(0.0, upward)
                + 0.1 * (light.shadow > 0) * (view.direction * (b[1] - a[1]) * light.sun_x > 0)
            )
            if number in self.shape.glass:
                paint = gradient(quad[0], quad[2], [GLASS_TOP, GLASS_LOW, (84, 100, 112)])
            else:
                paint = fill(shade(self.paint, tone))
            path = polygon(quad)
            canvas.drawPath(path, paint)
            canvas.drawPath(path, line(shade(self.paint, tone * 0.85), view.scale * 0.02, 0.8))

    def _side(self, canvas, view, light) -> None:
        shape, outline = self.shape, self.shape.outline
        path = polygon([view.near(*p) for p in outline])
        top = view.near(0, max(up for _, up in outline))
        foot = view.near(0, 0.3)
        lit = 1.0 + 0.08 * (light.sun_z > 0 and light.shadow > 0)
        colours = [shade(self.paint, t * lit) for t in (1.08, 1.0, 0.9, 0.6)]
        paint = gradient(top, foot, colours, [0.0, 0.45, 0.72, 1.0])
        paint.setPathEffect(skia.CornerPathEffect.Make(view.scale * 0.14))
        canvas.drawPath(path, paint)
        canvas.save()
        canvas.clipPath(path, doAntiAlias=True)
        if self.stripe:
            height = 0.5 if shape.kind == "bus" else 0.35
            bottom = shape.belt - 0.15
            rect = [
                view.near(outline[0][0] - 0.1, bottom),
                view.near(outline[-1][0] + 0.1, bottom),
                view.near(outline[-1][0] + 0.1, bottom - height),
                view.near(outline[0][0] - 0.1, bottom - height),
            ]
            canvas.drawPath(polygon(rect), fill(self.second, 0.9))
        shine = line((255, 255, 255), view.scale * 0.035, 0.35)
        canvas.drawLine(
            *view.near(outline[0][0], shape.belt - 0.07), *view.near(outline[-1][0], shape.belt - 0.13), shine
        )
        sill = [
            view.near(outline[0][0], 0.42),
            view.near(outline[-1][0], 0.42),
            view.near(outline[-1][0], 0.2),
            view.near(outline[0][0], 0.2),
        ]
        canvas.drawPath(polygon(sill), fill((26, 26, 28), 0.75))
        canvas.restore()
        seam = line(shade(self.paint, 0.5), view.scale * 0.018, 0.7)
        for x in shape.doors:
            canvas.drawLine(*view.near(x, 0.48), *view.near(x, shape.belt), seam)
        for x in shape.doors[:2]:
            canvas.drawLine(
                *view.near(x + 0.1, shape.belt - 0.12),
                *view.near(x + 0.26, shape.belt - 0.12),
                line(shade(self.paint, 0.45), view.scale * 0.035),
            )
        if self.taxi:
            a, b = view.near(-0.42, 1.66), view.near(-0.02, 1.48)
            canvas.drawRoundRect(
                skia.Rect.MakeLTRB(min(a[0], b[0]), a[1], max(a[0], b[0]), b[1]), 3, 3, fill((244, 214, 90))
            )

    def _windows(self, canvas, view) -> None:
        for number, window in enumerate(self.shape.windows):
            points = [view.near(*p) for p in window]
            path = polygon(points)
            high, low = min(p[1] for p in points), max(p[1] for p in points)
            left, right = min(p[0] for p in points), max(p[0] for p in points)
            paint = gradient(
                (left, high), (left + (right - left) * 0.3, low), [GLASS_TOP, (70, 86, 98), GLASS_LOW], [0, 0.45, 1]
            )
            paint.setPathEffect(skia.CornerPathEffect.Make(view.scale * 0.06))
            canvas.drawPath(path, paint)
            canvas.save()
            canvas.clipPath(path, doAntiAlias=True)
            if self.driver and number == len(self.shape.windows) - 1:
                head = view.near(sum(p[0] for p in window) / len(window) - 0.12, self.shape.belt + 0.22)
                canvas.drawCircle(*head, 0.12 * view.scale, fill((24, 26, 30), 0.7))
                canvas.drawOval(
                    skia.Rect.MakeXYWH(
                        head[0] - 0.22 * view.scale, head[1] + 0.1 * view.scale, 0.44 * view.scale, 0.6 * view.scale
                    ),
                    fill((24, 26, 30), 0.7),
                )
            wide = right - left
            canvas.drawPath(
                polygon(
                    [
                        (left + wide * 0.1, low),
                        (left + wide * 0.35, low),
                        (left + wide * 0.75, high),
                        (left + wide * 0.5, high),
                    ]
                ),
                fill((255, 255, 255), 0.13),
            )
            canvas.restore()
            canvas.drawPath(path, line((24, 24, 26), view.scale * 0.022, 0.8))

    def _wheel(self, canvas, view, axle: float, travelled_m: float) -> None:
        x, y = view.near(axle, self.shape.wheel, lean=False)
        r = self.shape.wheel * view.scale
        canvas.drawCircle(x, y - r * 0.06, r * 1.17, fill((16, 16, 18)))
        canvas.drawCircle(x, y, r, fill((34, 34, 37)))
        canvas.drawCircle(x, y, r * 0.66, gradient((x, y - r), (x, y + r), [(196, 198, 202), (112, 114, 120)]))
        canvas.drawCircle(x, y, r * 0.55, fill((62, 64, 68)))
        turn = view.direction * travelled_m / self.shape.wheel
        for spoke in range(self.spokes):
            a = turn + spoke * 2 * math.pi / self.spokes
            canvas.drawLine(
                x, y, x + 0.58 * r * math.cos(a), y + 0.58 * r * math.sin(a), line((182, 184, 188), r * 0.14)
            )
        canvas.drawCircle(x, y, r * 0.16, fill((150, 152, 156)))

    def _lights(self, canvas, view, light) -> None:
        rear, front = self.shape.outline[0][0], self.shape.outline[-1][0]
        up = min(0.78, self.shape.belt - 0.25)
        for x, colour in ((rear + 0.05, (206, 34, 30)), (front - 0.08, (250, 246, 226))):
            a, b = view.near(x - 0.09, up + 0.07), view.near(x + 0.09, up - 0.07)
            canvas.drawRoundRect(skia.Rect.MakeLTRB(min(a[0], b[0]), a[1], max(a[0], b[0]), b[1]), 2, 2, fill(colour))

    def draw_glow(self, canvas, camera, light, x: float, z: float, direction: int) -> None:
        """Headlamps and tail lamps in the evening; light is no part of the vehicle's box."""
        view = _View(camera, self.shape, x, z, direction)
        up = min(0.78, self.shape.belt - 0.25)
        for u, colour, radius, alpha in (
            (self.shape.outline[-1][0], (255, 236, 190), 1.3, 0.75),
            (self.shape.outline[0][0], (255, 50, 40), 0.6, 0.6),
        ):
            centre = view.near(u, up)
            canvas.drawCircle(
                *centre, radius * view.scale, glow(centre, radius * view.scale, colour, alpha * light.lamps)
            )


class _View:
    """Where points of the side view fall in the picture."""

    def __init__(self, camera: Camera, shape, x: float, z: float, direction: int):
        self.camera, self.shape, self.x, self.z, self.direction = camera, shape, x, z, direction
        self.scale = camera.scale(z - shape.width / 2)
        self.scale_far = camera.scale(z + shape.width / 2)

    def _inset(self, up: float) -> float:
        """Car bodies lean inwards above the belt; boxes do not."""
        return 0.0 if self.shape.kind in ("bus", "lorry") else max(0.0, up - self.shape.belt) * 0.28

    def near(self, u: float, up: float, lean: bool = True):
        inset = self._inset(up) if lean else 0.0
        return self.camera.point(self.x + self.direction * u, up, self.z - self.shape.width / 2 + inset)

    def far(self, u: float, up: float):
        return self.camera.point(self.x + self.direction * u, up, self.z + self.shape.width / 2 - self._inset(up))


def _area(points) -> float:
    """Signed area; its sign says which way round the points go on the screen."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1])) / 2
