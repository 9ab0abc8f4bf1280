"""Networks whose results are known exactly, and pictures of every kind."""

import keras
import pytest

from srlib.images import formats
from srlib.upscaling import Networks


def repeating(scale):
    """A network that repeats every pixel `scale` times a side, of no layers that learn."""
    lr = keras.Input((None, None, 3))
    sr = keras.layers.UpSampling2D(scale, interpolation="nearest")(lr)
    return keras.Model(lr, sr, name=f"repeat_x{scale}")


@pytest.fixture(scope="session")
def repeat():
    """Networks ×2 and ×4 that repeat pixels, so that each result is known exactly."""
    models = {scale: repeating(scale) for scale in (2, 4)}
    return Networks("repeat", {scale: lambda model=model: model for scale, model in models.items()})


@pytest.fixture(autouse=True)
def told_anew():
    """What was told in another test may be told again."""
    formats.tell.cache_clear()
