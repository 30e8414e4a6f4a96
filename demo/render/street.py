"""The ground plan: which strip of the ground lies at which depth, and who uses it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Strip:
    use: str  # pavement, cycle, lane, parking
    near: float  # depth of its near edge, metres
    far: float
    direction: int = 0  # which way its traffic goes: 1 to the right, -1 to the left, 0 both

    @property
    def middle(self) -> float:
        return (self.near + self.far) / 2


@dataclass(frozen=True)
class Street:
    strips: tuple[Strip, ...]  # from near to far
    facades: float  # depth of the building line

    def of(self, use: str) -> list[Strip]:
        return [strip for strip in self.strips if strip.use == use]


def plan_street(rng) -> Street:
    """A near pavement, perhaps a cycle track, two lanes, perhaps parking, a far pavement."""
    side = int(rng.choice([-1, 1]))
    plan = [("pavement", rng.uniform(2.6, 3.6), 0)]
    near_cycle = rng.random() < 0.75
    if near_cycle:
        plan.append(("cycle", rng.uniform(1.5, 1.9), side))
    plan.append(("lane", rng.uniform(2.9, 3.3), side))
    plan.append(("lane", rng.uniform(2.9, 3.3), -side))
    if rng.random() < 0.35:
        plan.append(("parking", 2.2, -side))
    if not near_cycle or rng.random() < 0.5:
        plan.append(("cycle", rng.uniform(1.4, 1.8), -side))
    plan.append(("pavement", rng.uniform(3.0, 4.2), 0))

    depth = rng.uniform(6.6, 8.2)
    strips = []
    for use, width, direction in plan:
        strips.append(Strip(use, depth, depth + width, direction))
        depth += width
    return Street(tuple(strips), depth + rng.uniform(0.6, 4.0))
