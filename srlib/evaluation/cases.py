"""What is measured of one photograph: it is degraded, super-resolved, and held against itself."""

import functools
import pickle
from dataclasses import dataclass

import numpy as np

from srlib.evaluation.metrics import (
    Protocol,
    checkerboard,
    color_shift,
    consistency,
    detail,
    flat_deviation,
    ms_ssim,
    psnr,
    ssim,
    weave,
)
from srlib.evaluation.naturalness import unnaturalness
from srlib.images import interpolate, make_pair, to_image
from srlib.losses.features import FEATURES
from srlib.upscaling import predict

__all__ = ["METRICS", "scores_of"]


@dataclass(frozen=True)
class Case:
    """One image of an evaluation; `sr` is as the method made it."""

    truth: np.ndarray
    hr: np.ndarray
    lr: np.ndarray
    sr: np.ndarray
    scale: int
    protocol: Protocol

    @functools.cached_property
    def image(self):
        """The SR image in 8 bits."""
        return self.sr if self.sr.dtype == np.uint8 else to_image(self.sr[np.newaxis])


def _feature_distance(name, case):
    return _features(name).distances(case.hr, [case.image])[0]


@functools.cache
def _features(name):
    return FEATURES[name](input_range=(0, 1))


# The names that `evaluate` takes.
METRICS = {
    "psnr": lambda case: psnr(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "ssim": lambda case: ssim(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "ms_ssim": lambda case: ms_ssim(case.truth, case.sr, scale=case.scale, protocol=case.protocol),
    "student_distance": functools.partial(_feature_distance, "student"),
    "vgg19_distance": functools.partial(_feature_distance, "vgg19"),
    "checkerboard": lambda case: checkerboard(case.image, scale=case.scale),
    "consistency": lambda case: consistency(case.lr, case.image, case.protocol.kernel),
    "color_shift": lambda case: color_shift(case.hr, case.image),
    "detail": lambda case: detail(case.image, scale=case.scale),
    "weave": lambda case: weave(case.hr, case.image),
    "flat_deviation": lambda case: flat_deviation(case.hr, case.image),
    "unnaturalness": lambda case: unnaturalness(case.image),
}


def scores_of(read, method, scale, protocol, ensemble, metrics):
    """A photograph's scores by metric, or the ValueError that says why it has none."""
    try:
        method = _unpacked(method) if isinstance(method, bytes) else method
        case = _case(read(), method, scale, protocol, ensemble=ensemble)
        return {metric: METRICS[metric](case) for metric in metrics}
    except ValueError as error:
        return error


@functools.lru_cache(maxsize=1)
def _unpacked(network):
    return pickle.loads(network)


def _case(photo, method, scale, protocol, *, ensemble):
    lr, hr = make_pair(photo.image, scale, protocol.lr_kernel)
    if isinstance(method, str):
        sr = interpolate(lr, scale, method)
    else:
        sr = predict(method, lr, scale, ensemble=ensemble)
    return Case(photo.truth[: hr.shape[0], : hr.shape[1]], hr, lr, sr, scale, protocol)
