"""The light of a scene: where the sun is, what it tints, how thick the air is."""

from dataclasses import dataclass

import numpy as np
import skia

from .paint import Colour


@dataclass(frozen=True)
class Light:
    name: str
    gain: Colour  # what a white surface becomes, 1 = unchanged
    sky_top: Colour
    sky_low: Colour
    haze: Colour
    haze_per_m: float
    shadow: float  # darkness of cast shadows, 0 = none
    sun_x: float  # a shadow's length to the right for each metre of height
    sun_z: float  # and its length away from the camera
    lamps: float  # how far lamps and windows are lit, 0 to 1

    def veil(self, z: float) -> float:
        """How much of a thing at depth z is lost in the air."""
        return 1 - float(np.exp(-z * self.haze_per_m))

    def filter(self, z: float, dim: float = 1.0) -> skia.ColorFilter:
        """What light and air do to a thing drawn in its own colours at depth z."""
        veil = self.veil(z)
        rows = np.zeros((4, 5), np.float32)
        for i in range(3):
            rows[i, i] = self.gain[i] * dim * (1 - veil)
            rows[i, 4] = self.haze[i] / 255 * veil
        rows[3, 3] = 1
        return skia.ColorFilters.Matrix(rows.ravel().tolist())


def sunny(rng) -> Light:
    return Light(
        "sunny",
        gain=(1.04, 1.01, 0.95),
        sky_top=(88, 144, 208),
        sky_low=(206, 226, 240),
        haze=(214, 226, 236),
        haze_per_m=rng.uniform(0.001, 0.004),
        shadow=rng.uniform(0.34, 0.5),
        sun_x=float(rng.choice([-1, 1]) * rng.uniform(0.3, 1.1)),
        sun_z=rng.uniform(-0.35, 0.5),
        lamps=0.0,
    )


def overcast(rng) -> Light:
    grey = rng.uniform(0.84, 0.98)
    return Light(
        "overcast",
        gain=(grey, grey, grey * 1.03),
        sky_top=(168, 180, 194),
        sky_low=(218, 222, 226),
        haze=(206, 211, 217),
        haze_per_m=rng.uniform(0.002, 0.006),
        shadow=0.0,
        sun_x=0.0,
        sun_z=0.0,
        lamps=0.0,
    )


def haze(rng) -> Light:
    return Light(
        "haze",
        gain=(0.95, 0.95, 0.95),
        sky_top=(196, 204, 210),
        sky_low=(222, 224, 224),
        haze=(214, 217, 219),
        haze_per_m=rng.uniform(0.012, 0.026),
        shadow=rng.uniform(0, 0.15),
        sun_x=0.5,
        sun_z=0.2,
        lamps=rng.uniform(0, 0.4),
    )


def dusk(rng) -> Light:
    dark = rng.uniform(0.4, 0.66)
    return Light(
        "dusk",
        gain=(dark * 1.04, dark * 0.94, dark * 1.02),
        sky_top=(52, 66, 116),
        sky_low=(238, 164, 120),
        haze=(150, 128, 138),
        haze_per_m=rng.uniform(0.002, 0.007),
        shadow=rng.uniform(0, 0.25),
        sun_x=float(rng.choice([-1, 1]) * 1.6),
        sun_z=0.2,
        lamps=rng.uniform(0.6, 1.0),
    )


LIGHTS = {"sunny": sunny, "overcast": overcast, "haze": haze, "dusk": dusk}


def pick_light(rng) -> Light:
    name = str(rng.choice(["sunny", "overcast", "haze", "dusk"], p=[0.42, 0.25, 0.13, 0.2]))
    return LIGHTS[name](rng)
