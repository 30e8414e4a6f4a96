import unittest

import numpy as np

from precision import average_precision, curve, match, overlaps

BOX = np.array([0.0, 0.0, 0.2, 0.2])


class Overlaps(unittest.TestCase):
    def test_is_one_for_the_same_box_and_zero_apart(self):
        others = np.array([BOX, [0.5, 0.5, 0.6, 0.6], [0.1, 0.0, 0.3, 0.2]])
        np.testing.assert_allclose(overlaps(BOX, others), [1, 0, 1 / 3])


class Match(unittest.TestCase):
    def test_counts_a_second_box_on_the_same_thing_as_wrong(self):
        self.assertEqual(match(np.array([BOX, BOX]), np.array([BOX])).tolist(), [True, False])

    def test_hits_nothing_where_there_is_nothing(self):
        self.assertEqual(match(np.array([BOX]), np.empty((0, 4))).tolist(), [False])


class AveragePrecision(unittest.TestCase):
    def test_is_one_when_everything_is_found_first(self):
        recall, precision, _ = curve(np.array([0.9, 0.8, 0.1]), np.array([True, True, False]), 2)
        self.assertEqual(average_precision(recall, precision), 1.0)

    def test_pays_for_a_wrong_box_that_is_surer_than_a_right_one(self):
        recall, precision, _ = curve(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2)
        self.assertAlmostEqual(average_precision(recall, precision), 0.5 + 0.5 * 2 / 3)

    def test_is_at_most_the_recall(self):
        recall, precision, _ = curve(np.array([0.9]), np.array([True]), 4)
        self.assertEqual(average_precision(recall, precision), 0.25)


if __name__ == "__main__":
    unittest.main()
