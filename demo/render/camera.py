"""The fixed camera: a pinhole with a shifted lens, so that verticals stay vertical."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Camera:
    """World axes: x to the right, up from the ground, z away from the camera; all in metres."""

    width: int
    height: int
    focal: float  # in picture widths
    eye_m: float  # height of the lens above the ground
    horizon: float  # in picture heights, from the top

    def scale(self, z: float) -> float:
        """Pixels per metre at depth z."""
        return self.focal * self.width / z

    def point(self, x: float, up: float, z: float) -> tuple[float, float]:
        """Where a point of the world falls in the picture, in pixels."""
        scale = self.scale(z)
        return (
            self.width / 2 + x * scale,
            self.horizon * self.height + (self.eye_m - up) * scale,
        )

    def half_view_m(self, z: float) -> float:
        """Half of what the camera sees from side to side at depth z."""
        return self.width / 2 / self.scale(z)

    def ground_depth(self, y: float) -> float:
        """The depth of the ground that falls on picture row y."""
        return self.eye_m * self.focal * self.width / (y - self.horizon * self.height)
