"""Whether networks of features find the same images alike."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from srlib.evaluation import DISTORTIONS
from srlib.images import make_pair, middle
from srlib.losses.features import Features
from srlib.photos import photos
from srlib.upscaling import upscale
from srlib.zoo.loading import load

__all__ = ["agreement", "benchmark_agreement"]

DEGREES = (0, 0.25, 0.5, 0.75, 1)
CROP = 96  # divides by 2, 3 and 4
# Whose SR images are compared besides the distortions: (method, scale).
METHODS = (
    ("bicubic", 2),
    ("bicubic", 4),
    ("srcnn", 2),
    ("srcnn", 3),
    ("srcnn", 4),
    ("fsrcnn", 2),
    ("vdsr", 2),
    ("edsr", 2),
    ("edsr", 4),
)


def agreement(
    networks: Mapping[str, Features],
    crops: Sequence[np.ndarray],
    more: Sequence[Sequence[np.ndarray]] = (),
) -> pd.DataFrame:
    """Spearman's rank correlation of the distances that networks of features measure.

    Every crop is compared with each of its copies under all of `DISTORTIONS`, from weakest to
    strongest in five degrees, and with what else is given for it, such as SR images; all distances
    of a network are ranked together.

    Parameters
    ----------
    networks
        Networks of features by name.
    crops
        Images, uint8 (H, W, 3).
    more
        For each crop, further images to compare it with.

    Returns
    -------
    pandas.DataFrame
        A row and a column a network: their correlation, from -1 to 1.
    """
    rng = np.random.default_rng(0)
    distances = {name: [] for name in networks}
    for i, crop in enumerate(crops):
        others = [spoil(crop, degree, rng) for spoil in DISTORTIONS.values() for degree in DEGREES]
        others += list(more[i]) if more else []
        for name, features in networks.items():
            distances[name] += features.distances(crop, others)
    return pd.DataFrame(distances).corr("spearman")


def benchmark_agreement(
    networks: Mapping[str, Features], photo_set: str = "BSD100", images: int | None = None
) -> pd.DataFrame:
    """The `agreement` over the middles of photographs, SR images of several networks included.

    Parameters
    ----------
    networks
        Networks of features by name.
    photo_set
        The photographs; of each, the middle 96×96 pixels are compared.
    images
        How many of them; all if None.

    Returns
    -------
    pandas.DataFrame
        As `agreement`.
    """
    crops = [middle(photo.image, CROP) for photo in photos(photo_set)[:images]]
    methods = {
        (name, scale): name if name == "bicubic" else load(name, scale) for name, scale in METHODS
    }
    more = [
        [
            upscale(make_pair(crop, scale).lr, method, scale)
            for (_, scale), method in methods.items()
        ]
        for crop in crops
    ]
    return agreement(networks, crops, more)
