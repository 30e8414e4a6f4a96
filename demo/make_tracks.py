"""Writes street_tracks.json: which thing each box of the demo clip shows, five times a second.

python demo/make_tracks.py [--out demo]
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from make_clip import FPS, FRAMES, open_scene

EVERY = 5  # frames

_scene = None


def _rows(number: int) -> list:
    global _scene
    _scene = _scene or open_scene()
    _, labels = _scene.draw(number / FPS)
    return [[b.thing, b.name, *(round(v, 4) for v in (b.x, b.y, b.width, b.height))] for b in labels]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    numbers = range(0, FRAMES, EVERY)
    with ProcessPoolExecutor(options.processes) as pool:
        frames = dict(zip(numbers, pool.map(_rows, numbers, chunksize=4)))
    lines = ",\n".join(f'    "{number}": {json.dumps(rows)}' for number, rows in frames.items())
    fields = json.dumps(["thing", "label", "x", "y", "width", "height"])
    text = f'{{\n  "clip": "street.mp4",\n  "fps": {FPS},\n  "fields": {fields},\n  "frames": {{\n{lines}\n  }}\n}}\n'
    (options.out / "street_tracks.json").write_text(text)


if __name__ == "__main__":
    main()
