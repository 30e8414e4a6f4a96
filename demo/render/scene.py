"""One street through one camera: draws a moment of it and says exactly what can be seen."""

import numpy as np
import skia

from .backdrop import draw_backdrop
from .camera import Camera
from .greenery import FURNITURE, draw_lamp
from .label import Label, Owners
from .light import LIGHTS, pick_light
from .paint import glow
from .shadow import shadow_of_body, shadow_of_sprite
from .sprite import Sprite, draw_sprite, draw_upright
from .street import plan_street
from .traffic import Actor, Fixture, furnish, people_street, scatter
from .vehicle import Vehicle


class Scene:
    """Traffic repeats after `period` seconds. A still may also show people caught in the middle of the road."""

    def __init__(
        self, seed: int, width: int, height: int, period: float = 30.0, light: str | None = None, still: bool = True
    ):
        rng = np.random.default_rng(seed)
        self.seed = seed
        self.camera = Camera(width, height, rng.uniform(0.72, 0.95), rng.uniform(2.9, 4.3), rng.uniform(0.2, 0.34))
        picked = pick_light(rng)
        self.light = LIGHTS[light](rng) if light else picked
        self.street = plan_street(rng)
        self.fixtures = furnish(self.camera, self.street, rng)
        self.actors = people_street(self.camera, self.street, period, rng, rng.uniform(0.6, 1.5))
        if still:
            self.actors += scatter(self.camera, self.street, rng)
        self._backdrop, self._shaded = draw_backdrop(self.camera, self.street, self.light, rng)
        self._fixed = {id(f): self._fixture_sprite(f, n) for n, f in enumerate(self.fixtures)}

    def draw(self, t: float) -> tuple[np.ndarray, list[Label]]:
        """The picture (BGR) at t seconds, and its labels."""
        picture = self._backdrop.copy()
        canvas = skia.Surface(picture, colorType=skia.kBGRA_8888_ColorType).getCanvas()
        things = sorted([*self.fixtures, *self.actors], key=lambda thing: -thing.z)
        sprites = [(n, thing, self._sprite(thing, t)) for n, thing in enumerate(things, 1)]
        in_sight = [entry for entry in sprites if entry[2] is not None]

        for _, thing, sprite in in_sight:
            self._draw_shadow(canvas, thing, sprite, t)
        owners = Owners(self.camera.height, self.camera.width)
        for number, thing, sprite in in_sight:
            self._draw_thing(canvas, thing, sprite, t)
            owners.add(sprite, number)
        labels = [owners.label(s, n, thing.body.label) for n, thing, s in in_sight if isinstance(thing, Actor)]
        return np.ascontiguousarray(picture[..., :3]), [label for label in labels if label]

    def _sprite(self, thing: Actor | Fixture, t: float) -> Sprite | None:
        return self._fixed[id(thing)] if isinstance(thing, Fixture) else self._actor_sprite(thing, t)

    def _fixture_sprite(self, fixture: Fixture, number: int) -> Sprite | None:
        draw, extent, _ = FURNITURE[fixture.name]
        rng = np.random.default_rng([self.seed, number])

        def paint(canvas):
            draw_lamp(canvas, rng, self.light.lamps) if fixture.name == "lamp" else draw(canvas, rng)

        return draw_upright(self.camera, fixture.x, fixture.z, extent, 1, paint)

    def _actor_sprite(self, actor: Actor, t: float) -> Sprite | None:
        body, x, z, camera = actor.body, actor.x(t), actor.z, self.camera
        travelled = actor.travelled(t)
        if not isinstance(body, Vehicle):
            return draw_upright(
                camera, x, z, body.extent(), actor.direction, lambda canvas: body.draw(canvas, travelled)
            )
        points = [camera.point(*corner) for corner in body.corners(x, z, actor.direction)]
        low = camera.point(x, -0.05, z - body.shape.width / 2)[1]
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        return draw_sprite(
            camera,
            (min(xs) - 6, min(ys) - 8, max(xs) + 6, low),
            lambda canvas: body.draw(canvas, camera, self.light, x, z, actor.direction, travelled),
        )

    def _draw_shadow(self, canvas, thing: Actor | Fixture, sprite: Sprite, t: float) -> None:
        if isinstance(thing, Fixture):
            shadow_of_sprite(canvas, self.camera, self.light, sprite, thing.x, thing.z, 0.24)
        elif isinstance(thing.body, Vehicle):
            shadow_of_body(canvas, self.camera, self.light, thing.body.corners(thing.x(t), thing.z, thing.direction))
        else:
            half_m = 0.55 if thing.body.label == "bike" else 0.24
            shadow_of_sprite(canvas, self.camera, self.light, sprite, thing.x(t), thing.z, half_m)

    def _draw_thing(self, canvas, thing: Actor | Fixture, sprite: Sprite, t: float) -> None:
        paint = skia.Paint(ColorFilter=self.light.filter(thing.z, self._dimmed(thing, t)))
        canvas.drawImage(sprite.image, sprite.left, sprite.top, skia.SamplingOptions(), paint)
        if self.light.lamps > 0.2:
            self._draw_lamplight(canvas, thing, sprite, t)

    def _dimmed(self, thing: Actor | Fixture, t: float) -> float:
        """A person in the shadow of a house gets darker too."""
        if self._shaded and isinstance(thing, Actor) and self._shaded[0] < thing.x(t) < self._shaded[1]:
            return 1 - 0.6 * self.light.shadow
        return 1.0

    def _draw_lamplight(self, canvas, thing: Actor | Fixture, sprite: Sprite, t: float) -> None:
        if isinstance(thing, Actor):
            if isinstance(thing.body, Vehicle) and thing.speed:
                thing.body.draw_glow(canvas, self.camera, self.light, thing.x(t), thing.z, thing.direction)
        elif thing.name == "lamp":
            scale = self.camera.scale(thing.z)
            centre = (self.camera.point(thing.x, 0, thing.z)[0] + 0.9 * scale, sprite.top + 1.4 * scale)
            canvas.drawCircle(*centre, 1.6 * scale, glow(centre, 1.6 * scale, (255, 214, 150), 0.7 * self.light.lamps))
