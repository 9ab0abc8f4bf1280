"""How far the textures of SR images are from those of photographs, without aligned pixels."""

import functools
from collections.abc import Iterable

import numpy as np

from srlib.images import check_image
from srlib.losses.features import FEATURES

__all__ = ["texture_distance"]

LAYER = "block3_conv4"  # sees some 44×44 pixels: hair, grass, cloth, and no whole things


def texture_distance(
    hr: Iterable[np.ndarray], sr: Iterable[np.ndarray], *, features: str = "student"
) -> float:
    """Fréchet distance between what a feature network sees in photographs and in SR images.

    At each place of an image the network gives a vector of 256 numbers. Those of all places of all
    images are taken for a normal distribution, and the distance of the two distributions is
    ``|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½)``. A hair beside its place costs nothing, and a patch
    without hair, where photographs have some, does: this is what Blau and Michaeli call perceptual
    quality, a distance of distributions. It is blind to what such features do not tell apart, such
    as a fine `weave`. Only values of one `features` and one set of photographs compare; as a share
    of bicubic's on the same set they are easiest to read.

    Parameters
    ----------
    hr
        Photographs, each uint8 (H, W, 3). A few tens of thousands of places, which are a
        sixteenth of the pixels, are needed for 256 numbers.
    sr
        Images to judge, each uint8 (H, W, 3); as many places, and best the same scenes.
    features
        ``"student"``, which comes with the library, or ``"vgg19"``, whose weights you need.

    Returns
    -------
    float
        0 or more, in squared units of the features.

    Raises
    ------
    ValueError
        If `features` is neither, or one of `hr` and `sr` holds no image.

    References
    ----------
    Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium", NeurIPS 2017, for the distance, there of whole images; Blau and Michaeli, "The
    Perception-Distortion Tradeoff", CVPR 2018.
    """
    if features not in ("student", "vgg19"):
        raise ValueError(f"unknown features {features!r}; choose one of student, vgg19")
    network = _network(features)
    (mean, covariance), (other, its_covariance) = (_moments(network, i) for i in (hr, sr))
    # The eigenvalues of Σ₁Σ₂ are those of Σ₁^½ Σ₂ Σ₁^½, which is symmetric.
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ its_covariance @ root)
    spread = np.trace(covariance) + np.trace(its_covariance)
    squared = np.sum((mean - other) ** 2) + spread - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(max(0.0, squared))


@functools.cache
def _network(features):
    return FEATURES[features](input_range=(0, 255), layers=[LAYER])


def _moments(network, images):
    """The mean and the covariance of the vectors of all places."""
    count, total, products = 0, 0.0, 0.0
    for image in images:
        (maps,) = network.of_image(check_image(image))
        vectors = maps.reshape(-1, maps.shape[-1]).astype(np.float64)
        count += len(vectors)
        total = total + vectors.sum(axis=0)
        products = products + vectors.T @ vectors
    if not count:
        raise ValueError("a texture distance needs at least one photograph and one SR image")
    mean = total / count
    return mean, products / count - np.outer(mean, mean)
