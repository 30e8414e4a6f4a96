import unittest

import numpy as np

from render.label import LEAST_HEIGHT, LEAST_VISIBLE, Owners
from render.scene import Scene
from render.sprite import Sprite
from seeds import CLIP, HELD_OUT, TRAINING

SIZE = (320, 180)


def block(width: int, height: int, left: int, top: int) -> Sprite:
    return Sprite(np.full((height, width, 4), 255, np.uint8), left, top)


class Seeds(unittest.TestCase):
    def test_training_held_out_and_clip_do_not_meet(self):
        self.assertFalse(set(TRAINING) & set(HELD_OUT))
        self.assertNotIn(CLIP, TRAINING)
        self.assertNotIn(CLIP, HELD_OUT)


class Scenes(unittest.TestCase):
    def test_a_seed_draws_the_same_picture_and_labels_again(self):
        first, second = Scene(5, *SIZE).draw(3), Scene(5, *SIZE).draw(3)
        np.testing.assert_array_equal(first[0], second[0])
        self.assertEqual(first[1], second[1])

    def test_traffic_is_back_in_place_after_one_period(self):
        scene = Scene(5, *SIZE, period=30, still=False)
        for actor in scene.actors:
            self.assertAlmostEqual(actor.x(1.5), actor.x(31.5), places=6)

    def test_labels_lie_within_the_picture_and_are_large_enough(self):
        for seed in range(5):
            for label in Scene(seed, *SIZE).draw(1)[1]:
                self.assertGreaterEqual(min(label.x, label.y), 0)
                self.assertLessEqual(max(label.x + label.width, label.y + label.height), 1 + 1e-9)
                self.assertGreaterEqual(label.height, LEAST_HEIGHT)
                self.assertGreaterEqual(label.visible, LEAST_VISIBLE)


class Labels(unittest.TestCase):
    def test_the_box_is_around_what_is_visible(self):
        owners, behind, before = Owners(100, 100), block(40, 40, 10, 10), block(40, 40, 30, 10)
        owners.add(behind, 1)
        owners.add(before, 2)
        label = owners.label(behind, 1, "person")
        self.assertEqual((label.x, label.y, label.width, label.height, label.visible), (0.1, 0.1, 0.2, 0.4, 0.5))

    def test_a_thing_that_is_mostly_hidden_has_no_label(self):
        owners, behind, before = Owners(100, 100), block(40, 40, 10, 10), block(40, 40, 15, 10)
        owners.add(behind, 1)
        owners.add(before, 2)
        self.assertIsNone(owners.label(behind, 1, "person"))

    def test_what_lies_outside_the_picture_counts_as_hidden(self):
        owners, sprite = Owners(100, 100), block(40, 40, -30, 10)
        owners.add(sprite, 1)
        self.assertIsNone(owners.label(sprite, 1, "vehicle"))


if __name__ == "__main__":
    unittest.main()
