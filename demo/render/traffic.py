"""Who is on the street and where at a given moment. Everything repeats after one period."""

from dataclasses import dataclass

from .bike import Bike
from .camera import Camera
from .greenery import FURNITURE
from .person import Person
from .street import Street, Strip
from .vehicle import Vehicle


@dataclass
class Actor:
    """A thing that moves along x, or stands when speed is 0."""

    body: object
    z: float
    direction: int
    speed: float  # metres a second
    offset: float  # metres along its round trip at time 0
    period: float  # seconds until everything is back in place
    entry: float  # distance from the middle at which it enters, out of sight

    def travelled(self, t: float) -> float:
        return (self.offset + self.speed * t) % (self.speed * self.period) if self.speed else self.offset

    def x(self, t: float) -> float:
        return self.direction * (self.travelled(t) - self.entry) if self.speed else self.offset


@dataclass
class Fixture:
    """Street furniture: hides what is behind it, has no label."""

    name: str
    x: float
    z: float


def people_street(camera: Camera, street: Street, period: float, rng, density: float = 1.0) -> list[Actor]:
    actors: list[Actor] = []
    for strip in street.strips:
        if strip.use == "lane":
            actors += _drive(camera, strip, period, rng, density)
        elif strip.use == "cycle":
            actors += _ride(camera, strip, period, rng, density)
        elif strip.use == "parking":
            actors += _park(camera, strip, rng)
        else:
            actors += _walk(camera, strip, period, rng, density)
            actors += _stand(camera, strip, rng, density)
    return actors


def _drive(camera, strip: Strip, period, rng, density):
    """One lane keeps one speed, so no car drives through the one in front."""
    speed, entry = rng.uniform(6.5, 10.5), camera.half_view_m(strip.far + 2) + 6
    loop, at, actors = speed * period, rng.uniform(0, 10), []
    start = at
    while True:
        body = Vehicle(rng)
        at += body.shape.length / 2
        if at + body.shape.length / 2 + 3 > loop + start:
            return actors
        actors.append(
            Actor(body, strip.middle + rng.uniform(-0.15, 0.15), strip.direction, speed, at % loop, period, entry)
        )
        at += body.shape.length / 2 + rng.uniform(3, 9) + rng.exponential(9 / density)


def _ride(camera, strip: Strip, period, rng, density):
    speed, entry = rng.uniform(3.6, 5.6), camera.half_view_m(strip.far) + 2
    loop, at, actors = speed * period, rng.uniform(0, 8), []
    start = at
    while at + 2.4 < loop + start:
        actors.append(
            Actor(
                Bike(rng),
                rng.uniform(strip.near + 0.4, strip.far - 0.4),
                strip.direction,
                speed,
                at % loop,
                period,
                entry,
            )
        )
        at += rng.uniform(2.3, 4) + rng.exponential(6.5 / density)
    return actors


def _park(camera, strip: Strip, rng):
    half, actors = camera.half_view_m(strip.far) + 4, []
    x = -half + rng.uniform(0, 6)
    while x < half:
        body = Vehicle(rng)
        if body.shape.kind == "car" and rng.random() < 0.65:
            actors.append(Actor(body, strip.middle, strip.direction, 0.0, x, 1.0, 0.0))
        x += rng.uniform(5.4, 7.5)
    return actors


def _walk(camera, strip: Strip, period, rng, density):
    entry, actors = camera.half_view_m(strip.far) + 1, []
    # Slow enough to look at, fast enough to be out of sight before the round trip ends.
    slowest = max(0.9, 2 * entry / period)
    for _ in range(rng.poisson(0.125 * density * slowest * period) + 1):
        speed = slowest * rng.uniform(1.0, 1.45)
        direction, at = int(rng.choice([-1, 1])), rng.uniform(0, speed * period)
        z = rng.uniform(strip.near + 0.35, strip.far - 0.45)
        company = 1 + (rng.random() < 0.25)
        for n in range(company):
            actors.append(
                Actor(Person(rng), z + 0.45 * n, direction, speed, at + rng.uniform(0.35, 0.7) * n, period, entry)
            )
    return actors


def _stand(camera, strip: Strip, rng, density):
    half = camera.half_view_m(strip.middle)
    actors = []
    for _ in range(rng.poisson(0.9 * density)):
        facing = str(rng.choice(["side", "front", "back"]))
        z = rng.uniform(strip.near + 0.3, strip.far - 0.3)
        actors.append(
            Actor(
                Person(rng, facing, walking=False), z, int(rng.choice([-1, 1])), 0.0, rng.uniform(-half, half), 1.0, 0.0
            )
        )
    return actors


def scatter(camera: Camera, street: Street, rng) -> list[Actor]:
    """For single pictures only: people caught anywhere, crossing the road too."""
    near, far = street.strips[0].near, street.strips[-1].far
    actors = []
    for _ in range(rng.poisson(1.6)):
        z = rng.uniform(near, far)
        facing = str(rng.choice(["front", "back", "side"], p=[0.4, 0.4, 0.2]))
        half = camera.half_view_m(z)
        actors.append(Actor(Person(rng, facing), z, int(rng.choice([-1, 1])), 0.0, rng.uniform(-half, half), 1.0, 0.0))
    return actors


def furnish(camera: Camera, street: Street, rng) -> list[Fixture]:
    names = list(FURNITURE)
    shares = [FURNITURE[name][2] for name in names]
    far = street.strips[-1]
    half, x, fixtures = camera.half_view_m(far.near), 0.0, []
    x = -half - rng.uniform(0, 4)
    while x < half + 3:
        fixtures.append(Fixture(str(rng.choice(names, p=shares)), x, far.near + rng.uniform(0.35, 0.7)))
        x += rng.uniform(2, 7)
    near = street.strips[0]
    for _ in range(rng.poisson(0.8)):
        # A crown this near would fill the picture; only slender things stand on the near kerb.
        name = str(rng.choice(["lamp", "sign", "bollard", "bin"]))
        fixtures.append(Fixture(name, rng.uniform(-0.9, 0.9) * camera.half_view_m(near.far), near.far - 0.35))
    return fixtures
