"""A person on foot, walking or standing, seen from the side, the front or the back."""

import math

import skia

from .figure import CLOTHES, head, limb, pick, pick_look, shoe, torso
from .paint import fill, line, shade, smooth, towards

THIGH, SHIN, UPPER_ARM, FOREARM = 0.245, 0.235, 0.165, 0.15
STRIDE_M = 1.45  # two steps, for a body of 1.75 m


class Person:
    label = "person"

    def __init__(self, rng, facing: str = "side", walking: bool = True):
        self.facing = facing
        self.walking = walking
        child = rng.random() < 0.1
        self.height_m = rng.uniform(1.15, 1.45) if child else rng.normal(1.73, 0.08)
        self.build = rng.uniform(0.88, 1.15)
        self.look = pick_look(rng)
        self.coat = rng.choice(["none", "coat", "dress"], p=[0.6, 0.25, 0.15])
        self.bag = rng.choice(["none", "backpack", "handbag", "shopping"], p=[0.5, 0.22, 0.16, 0.12])
        self.bag_colour = pick(rng, CLOTHES)
        self.phase = rng.uniform(0, 2 * math.pi)
        self.swing = rng.uniform(0.34, 0.48)

    def extent(self) -> tuple[float, float, float]:
        """Left, top, right in metres around the feet."""
        return (-0.36 * self.height_m, 1.06 * self.height_m, 0.36 * self.height_m)

    def draw(self, canvas: skia.Canvas, travelled_m: float) -> None:
        """In metres, feet at the origin, y down, facing right."""
        canvas.save()
        canvas.scale(self.height_m, self.height_m)
        phase = self.phase + 2 * math.pi * travelled_m / (STRIDE_M * self.height_m / 1.75)
        if self.facing == "side":
            self._side(canvas, phase)
        else:
            self._front(canvas, phase)
        canvas.restore()

    def _side(self, canvas, phase: float) -> None:
        look, build = self.look, self.build
        legs = [self._leg(phase), self._leg(phase + math.pi)]
        hip = -(max(ankle[1] for _, ankle, _ in legs) + 0.036)  # the lower foot stands on the ground
        lean = 0.02 if self.walking else 0.0
        neck = (lean, hip - 0.3)
        canvas.save()
        self._arm(canvas, neck, phase, shade(look["top"], 0.68))
        for (knee, ankle, tilt), tone in zip(legs, (0.7, 1.0)):
            joints = [(0, hip), (knee[0], hip + knee[1]), (ankle[0], hip + ankle[1])]
            skin = look["skin"] if self.coat == "dress" else look["legs"]
            limb(canvas, joints, [0.098 * build, 0.07, 0.05], shade(skin, tone))
            shoe(canvas, joints[2], tilt, shade(look["shoes"], tone))
        if self.bag == "backpack":
            path = smooth([(-0.05, neck[1] + 0.0), (-0.135, neck[1] + 0.05), (-0.14, hip - 0.06), (-0.04, hip - 0.05)])
            canvas.drawPath(path, fill(self.bag_colour))
        self._trunk(canvas, neck, hip, 0.078 * build, 0.074 * build)
        head(canvas, (lean + 0.012, hip - 0.403), look, "side")
        self._arm(canvas, neck, phase + math.pi, look["top"], near=True)
        canvas.restore()

    def _leg(self, phase: float):
        """Knee and ankle relative to the hip, and the tilt of the foot."""
        if not self.walking:
            x = 0.012 if phase > self.phase + 1 else -0.012
            return (x, THIGH), (x, THIGH + SHIN), 0.0
        thigh = self.swing * math.sin(phase) + 0.04
        bend = 0.08 + 0.95 * max(0.0, math.cos(phase + 0.45)) ** 1.5
        knee = towards((0, 0), thigh, THIGH)
        ankle = towards(knee, thigh - bend, SHIN)
        lift = 0.75 * (thigh - bend) if bend > 0.3 or thigh < 0 else 0.5 * thigh
        return knee, ankle, lift

    def _arm(self, canvas, neck, phase, colour, near: bool = False) -> None:
        swing = 0.5 * math.sin(phase) if self.walking else 0.06
        shoulder = (neck[0] - 0.005, neck[1] + 0.03)
        elbow = towards(shoulder, swing - 0.08, UPPER_ARM)
        hand = towards(elbow, swing + 0.25, FOREARM)
        limb(canvas, [shoulder, elbow, hand], [0.066 * self.build, 0.056, 0.042], colour)
        canvas.drawCircle(*hand, 0.023, fill(shade(self.look["skin"], 1.0 if near else 0.75)))
        if near and self.bag in ("handbag", "shopping"):
            self._carried(canvas, hand)

    def _trunk(self, canvas, neck, hip, chest, waist) -> None:
        colour, x = self.look["top"], neck[0]
        hem = {"none": hip + 0.03, "coat": hip + 0.16, "dress": hip + 0.2}[str(self.coat)]
        flare = {"none": 1.0, "coat": 1.1, "dress": 1.55}[str(self.coat)]
        points = [
            (x - chest * 0.45, neck[1] - 0.024),
            (x + chest * 0.4, neck[1] - 0.024),
            (x + chest * 1.02, neck[1] - 0.004),
            (x + chest * 1.08, neck[1] + 0.1),
            (waist * 0.98, hip - 0.1),
            (waist * 1.02 * flare, hem),
            (-waist * 1.1 * flare, hem),
            (-waist * 0.95, hip - 0.1),
            (x - chest * 1.12, neck[1] + 0.1),
            (x - chest * 1.04, neck[1] - 0.004),
        ]
        torso(canvas, points, colour, -chest, chest)

    def _front(self, canvas, phase: float) -> None:
        look, build = self.look, self.build
        hip = -0.515
        neck = (0.0, hip - 0.3)
        for side in (-1, 1):
            step = max(0.0, math.sin(phase) * side) if self.walking else 0.0
            x = side * 0.05 * build
            knee, ankle = (x * 1.05, hip + THIGH - step * 0.05), (x, hip + THIGH + SHIN - step * 0.1)
            skin = look["skin"] if self.coat == "dress" else look["legs"]
            limb(
                canvas,
                [(x * 0.9, hip), knee, ankle],
                [0.1 * build, 0.074, 0.054],
                shade(skin, 0.86 if step > 0.1 else 1),
            )
            canvas.drawOval(
                skia.Rect.MakeLTRB(ankle[0] - 0.036, ankle[1] - 0.012, ankle[0] + 0.036, ankle[1] + 0.036),
                fill(look["shoes"]),
            )
        for side in (-1, 1):
            swing = 0.02 * math.sin(phase) * side if self.walking else 0
            shoulder = (side * 0.104 * build, neck[1] + 0.025)
            elbow = (side * 0.132 * build, neck[1] + 0.185 + swing)
            hand = (side * 0.128 * build, neck[1] + 0.32 + swing * 2)
            limb(canvas, [shoulder, elbow, hand], [0.066 * build, 0.056, 0.044], shade(look["top"], 0.82))
            canvas.drawCircle(*hand, 0.023, fill(look["skin"]))
            if side == 1 and self.bag in ("handbag", "shopping"):
                self._carried(canvas, hand)
        self._trunk(canvas, neck, hip, 0.108 * build, 0.088 * build)
        if self.bag == "backpack":
            self._straps(canvas, neck, hip, build)
        head(canvas, (0, hip - 0.403), look, self.facing)

    def _straps(self, canvas, neck, hip, build) -> None:
        if self.facing == "back":
            canvas.drawRoundRect(
                skia.Rect.MakeLTRB(-0.085, neck[1] + 0.02, 0.085, hip - 0.04), 0.04, 0.04, fill(self.bag_colour)
            )
            return
        for x in (-0.07, 0.07):
            canvas.drawLine(x * build, neck[1], x * build, neck[1] + 0.16, line(self.bag_colour, 0.024))

    def _carried(self, canvas, hand) -> None:
        x, y = hand
        canvas.drawLine(x, y, x, y + 0.05, line(shade(self.bag_colour, 0.6), 0.012))
        canvas.drawRoundRect(skia.Rect.MakeXYWH(x - 0.055, y + 0.05, 0.11, 0.1), 0.015, 0.015, fill(self.bag_colour))
