import json
import subprocess
import unittest
from pathlib import Path

import numpy as np

from detector import MODEL, Detector
from precision import match
from stills import CLASSES, HEIGHT, WIDTH

HERE = Path(__file__).parent


class Model(unittest.TestCase):
    def test_weighs_two_megabytes_at_most(self):
        self.assertLessEqual(MODEL.stat().st_size, 2_000_000)

    def test_ends_the_list_with_image_id_minus_one(self):
        grey = np.full((1, 3, HEIGHT, WIDTH), 127, np.float32)
        rows = Detector()._session.run(["detection_out"], {"image": grey})[0]
        self.assertEqual((rows.shape[:2], rows.shape[3]), ((1, 1), 7))
        ids = rows[0, 0, :, 0].tolist()
        found = ids.count(0)
        self.assertEqual(ids, [0] * found + [-1] * (len(ids) - found))

    def test_finds_what_the_clip_shows(self):
        truth = json.loads((HERE / "street_labels.json").read_text())["frames"]["250"]
        select = f"select=eq(n\\,250),scale={WIDTH}:{HEIGHT}"
        command = ["ffmpeg", "-v", "error", "-i", str(HERE / "street.mp4"), "-vf", select, "-frames:v", "1"]
        raw = subprocess.run([*command, "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], capture_output=True, check=True)
        rows = Detector().detect(np.frombuffer(raw.stdout, np.uint8).reshape(HEIGHT, WIDTH, 3))
        sure, hits = rows[rows[:, 1] >= 0.75], 0
        for label, name in enumerate(CLASSES):
            boxes = np.array([[x, y, x + w, y + h] for kind, x, y, w, h in truth if kind == name]).reshape(-1, 4)
            hits += int(match(sure[sure[:, 0] == label, 2:], boxes).sum())
        self.assertGreaterEqual(hits, 0.7 * len(truth))


if __name__ == "__main__":
    unittest.main()
