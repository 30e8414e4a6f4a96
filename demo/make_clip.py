"""Renders the demo clip and the truth about it: street.mp4 and street_labels.json.

python demo/make_clip.py [--out demo]
"""

import argparse
import json
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from render.scene import Scene
from render.sensor import expose
from seeds import CLIP

WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 25, 30
FRAMES = FPS * SECONDS
BITRATE_KBPS = 1010  # keeps thirty seconds below 4 MB
LABELLED_EVERY = 25  # frames
NOISE = 1.3  # grey levels; more of it costs bits and shows nothing

_scene: Scene | None = None


def open_scene() -> Scene:
    # The traffic repeats after SECONDS, so the clip's last frame leads into its first.
    return Scene(CLIP, WIDTH, HEIGHT, period=SECONDS, light="sunny", still=False)


def _frame(number: int):
    global _scene
    _scene = _scene or open_scene()
    picture, labels = _scene.draw(number / FPS)
    return expose(picture, np.random.default_rng([CLIP, number]), NOISE).tobytes(), labels


def _encode(raw: Path, out: Path) -> None:
    """Two passes; no B-frames and a keyframe a second, so that a viewer may join at any time."""
    x264 = [
        "-c:v",
        "libx264",
        "-preset",
        "slower",
        "-refs",
        "3",
        "-level",
        "3.1",
        "-b:v",
        f"{BITRATE_KBPS}k",
        "-bf",
        "0",
        "-g",
        str(FPS),
        "-keyint_min",
        str(FPS),
        "-sc_threshold",
        "0",
        "-pix_fmt",
        "yuv420p",
        "-an",
        "-threads",
        "2",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-colorspace",
        "bt709",
        "-passlogfile",
        str(raw.with_suffix(".log")),
    ]
    ffmpeg = ["ffmpeg", "-v", "error", "-y", "-i", str(raw), *x264]
    subprocess.run([*ffmpeg, "-pass", "1", "-f", "null", "-"], check=True)
    subprocess.run([*ffmpeg, "-pass", "2", "-fflags", "+bitexact", "-movflags", "+faststart", str(out)], check=True)


def _rounded(labels) -> list:
    return [[b.name, *(round(v, 4) for v in (b.x, b.y, b.width, b.height))] for b in labels]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()

    truth = {}
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.mkv"
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "bgr24",
            "-s",
            f"{WIDTH}x{HEIGHT}",
            "-r",
            str(FPS),
            "-i",
            "-",
            "-vf",
            "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p",
            "-colorspace",
            "bt709",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-qp",
            "0",
            str(raw),
        ]
        writer = subprocess.Popen(command, stdin=subprocess.PIPE)
        with ProcessPoolExecutor(options.processes) as pool:
            for number, (picture, labels) in enumerate(pool.map(_frame, range(FRAMES), chunksize=4)):
                writer.stdin.write(picture)
                if number % LABELLED_EVERY == 0:
                    truth[number] = _rounded(labels)
        writer.stdin.close()
        if writer.wait() != 0:
            raise RuntimeError("Cannot encode the frames: ffmpeg failed")
        _encode(raw, options.out / "street.mp4")
    head = {
        "clip": "street.mp4",
        "width": WIDTH,
        "height": HEIGHT,
        "fps": FPS,
        "fields": ["label", "x", "y", "width", "height"],
    }
    frames = ",\n".join(f'    "{number}": {json.dumps(rows)}' for number, rows in truth.items())
    body = json.dumps(head, indent=2)[:-2] + ',\n  "frames": {\n' + frames + "\n  }\n}\n"
    (options.out / "street_labels.json").write_text(body)


if __name__ == "__main__":
    main()
