"""Draws the training set once, in parallel, into one file.

python -m training.render_stills --scenes 5000 --out /tmp/stills.npz
"""

import argparse
from multiprocessing import Pool

import numpy as np

from seeds import TRAINING
from stills import HEIGHT, WIDTH, boxes_of, draw_stills

MOMENTS = 2  # pictures of each street


def _draw(seed: int):
    return [(picture, boxes_of(labels)) for picture, labels in draw_stills(seed, MOMENTS)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()

    seeds = TRAINING[options.first : options.first + options.scenes]
    pictures = np.empty((len(seeds) * MOMENTS, HEIGHT, WIDTH, 3), np.uint8)
    boxes, counts = [], []
    with Pool(options.processes) as pool:
        for number, stills in enumerate(pool.imap(_draw, seeds, chunksize=8)):
            for moment, (picture, rows) in enumerate(stills):
                pictures[number * MOMENTS + moment] = picture
                boxes.append(rows)
                counts.append(len(rows))
    np.savez(options.out, pictures=pictures, boxes=np.concatenate(boxes), counts=np.array(counts))
    print(f"{len(pictures)} pictures, {sum(counts)} boxes")


if __name__ == "__main__":
    main()
