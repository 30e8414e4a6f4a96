"""Which seeds draw what. The three sets must never meet."""

TRAINING = range(100_000, 200_000)
HELD_OUT = range(900_000, 900_600)  # the figures in README.md come from these
CLIP = 61  # outside both
