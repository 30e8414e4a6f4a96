"""What a camera's sensor and codec do to a picture."""

import cv2
import numpy as np


def expose(picture: np.ndarray, rng, noise: float, gain: float = 1.0, tint=(1.0, 1.0, 1.0)) -> np.ndarray:
    """Exposure, white balance and noise; noise is the deviation of a mid-grey pixel."""
    light = picture.astype(np.float32) * (gain * np.asarray(tint, np.float32))
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    # Photon noise grows with the root of the light, read-out noise does not.
    light += grain * noise * np.sqrt(0.3 + 0.7 * np.clip(light, 0, 255) / 128)
    return np.clip(light, 0, 255).astype(np.uint8)


def degrade(picture: np.ndarray, rng) -> np.ndarray:
    """A camera picked at random: blur, exposure, noise, compression."""
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.9))
    tint = rng.normal(1, 0.03, 3)
    noise = rng.uniform(0.5, 7) if rng.random() < 0.8 else rng.uniform(7, 14)
    picture = expose(picture, rng, noise, rng.uniform(0.82, 1.15), tint)
    if rng.random() < 0.8:
        quality = int(rng.integers(35, 92))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return picture
