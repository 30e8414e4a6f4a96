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

from render.label import Label
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


def _lossless_writer(raw: Path) -> subprocess.Popen:
    """An ffmpeg that keeps the frames written to its stdin, for the two passes to read."""
    source = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"]
    colours = ["-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709"]
    codec = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "0"]
    return subprocess.Popen(["ffmpeg", "-v", "error", "-y", *source, *colours, *codec, str(raw)], stdin=subprocess.PIPE)


def _encode(raw: Path, out: Path) -> None:
    """Two passes; no B-frames and a keyframe a second, so that a viewer may join at any time."""
    codec = ["-c:v", "libx264", "-preset", "slower", "-level", "3.1", "-refs", "3", "-b:v", f"{BITRATE_KBPS}k"]
    frames = ["-bf", "0", "-g", str(FPS), "-keyint_min", str(FPS), "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-an"]
    colours = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"]
    log = ["-threads", "2", "-passlogfile", str(raw.with_suffix(".log"))]
    ffmpeg = ["ffmpeg", "-v", "error", "-y", "-i", str(raw), *codec, *frames, *colours, *log]
    subprocess.run([*ffmpeg, "-pass", "1", "-f", "null", "-"], check=True)
    subprocess.run([*ffmpeg, "-pass", "2", "-fflags", "+bitexact", "-movflags", "+faststart", str(out)], check=True)


def _write_labels(truth: dict[int, list], out: Path) -> None:
    head = {"clip": "street.mp4", "width": WIDTH, "height": HEIGHT, "fps": FPS}
    lines = [f'  "{name}": {json.dumps(value)},' for name, value in head.items()]
    lines.append('  "fields": ["label", "x", "y", "width", "height"],')
    frames = ",\n".join(f'    "{number}": {json.dumps(rows)}' for number, rows in truth.items())
    out.write_text("{\n" + "\n".join(lines) + '\n  "frames": {\n' + frames + "\n  }\n}\n")


def _rounded(labels: list[Label]) -> list:
    return [[b.name, *(round(v, 4) for v in (b.x, b.y, b.width, b.height))] for b in labels]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()

    truth = {}
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.mkv"
        writer = _lossless_writer(raw)
        with ProcessPoolExecutor(options.processes) as pool:
            for number, (picture, labels) in enumerate(pool.map(_frame, range(FRAMES), chunksize=4)):
                writer.stdin.write(picture)
                if number % LABELLED_EVERY == 0:
                    truth[number] = _rounded(labels)
        writer.stdin.close()
        if writer.wait() != 0:
            raise RuntimeError("Cannot keep the frames: ffmpeg failed")
        _encode(raw, options.out / "street.mp4")
    _write_labels(truth, options.out / "street_labels.json")


if __name__ == "__main__":
    main()
