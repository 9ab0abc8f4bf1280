"""A frozen network that turns images into feature maps, and refuses images of the wrong range."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from srlib.images import to_batch

__all__ = ["Features", "check_layers", "check_options", "check_range", "poison"]

INPUT_RANGES = ((0, 1), (0, 255), (-1, 1))

# A network's image, not yet clipped, may leave the range by this share of its width.
OVERSHOOT = 0.25


@dataclass(frozen=True, eq=False)
class Features:
    """A frozen network that turns images into feature maps; call it with a batch.

    Parameters
    ----------
    network
        Maps float32 (N, H, W, 3) RGB in `input_range` to a list of maps (N, h, w, c), in the order
        of `layers`.
    layers
        Names of the maps.
    input_range
        Lowest and highest value of an image.
    """

    network: keras.Model
    layers: tuple[str, ...]
    input_range: tuple[int, int]

    def __call__(self, batch) -> list:
        """The feature maps of a batch, a tensor a layer.

        Raises
        ------
        ValueError
            As `check_range`.
        """
        check_range(batch, self.input_range)
        return self.maps(batch)

    def maps(self, batch) -> list:
        """The same without a look at the range, for what a network has made and not yet clipped."""
        maps = self.network(batch, training=False)
        return maps if isinstance(maps, list) else [maps]  # Keras may unpack a list of one

    def distances(self, hr: np.ndarray, others: Iterable[np.ndarray]) -> list[float]:
        """Mean squared difference of feature maps, summed over the layers.

        Parameters
        ----------
        hr
            An image, uint8 (H, W, 3).
        others
            Images like it, each of which is compared with it.
        """
        truth = self.of_image(hr)
        return [
            sum(float(np.mean(np.square(a - b))) for a, b in zip(truth, maps, strict=True))
            for maps in map(self.of_image, others)
        ]

    def of_image(self, image: np.ndarray) -> list[np.ndarray]:
        """The feature maps of an image, uint8 (H, W, 3): a float32 (1, h, w, c) a layer."""
        low, high = self.input_range
        maps = self.maps(low + (high - low) * to_batch(image))
        # In float32, since the maps of a network that computes in bfloat16 are bfloat16.
        return [ops.convert_to_numpy(ops.cast(m, "float32")) for m in maps]


def check_range(batch, input_range: tuple[int, int]) -> None:
    """Refuse a batch that cannot be what it is said to be.

    While Keras compiles a step, a batch has no values yet and passes; `poison` is for that.

    Parameters
    ----------
    batch
        Images (N, H, W, 3), an array or a tensor.
    input_range
        Lowest and highest value of an image. Values may lie a quarter of its width outside, as
        those of an SR image do before it is clipped.

    Raises
    ------
    ValueError
        If a value lies further outside, or if no value of a batch in (0, 255) is above 1, which is
        how images in [0, 1] look. Images in [0, 1] that are said to be in (-1, 1) cannot be told.
    """
    try:
        values = ops.convert_to_numpy(batch)
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        return  # symbolic: each backend has another error for it
    low, high = input_range
    least, most = float(values.min()), float(values.max())
    if _outside(least, most, input_range):
        raise ValueError(
            f"the features expect images in [{low}, {high}], but this batch has values from "
            f"{least:.4g} to {most:.4g}: convert it, or make the features with the input_range "
            "that it has"
        )


def poison(loss, batch, input_range: tuple[int, int]):
    """A loss as it is, or NaN if `check_range` would refuse the batch: also in a compiled step.

    The backends share no way to raise an error from a compiled step, but `srlib.train` stops at a
    loss that is no number. The loss is what is made NaN, since NaN pixels may not reach it: some
    processors' ReLU makes them 0.
    """
    outside = _outside(ops.min(batch), ops.max(batch), input_range)
    return ops.where(outside, ops.cast(np.nan, loss.dtype), loss)


def _outside(least, most, input_range):
    low, high = input_range
    slack = OVERSHOOT * (high - low)
    beyond = (least < low - slack) | (most > high + slack)
    # Bytes of which none is above 1 are more likely an image in [0, 1] than one that is all black.
    in_unit_range = (most > 0) & (most <= 1) & (high == 255)
    return beyond | in_unit_range


def check_options(input_range: tuple[int, int], precision: str) -> str:
    """The dtype policy of a feature network's convolutions, or a ValueError."""
    if not isinstance(input_range, tuple | list) or tuple(input_range) not in INPUT_RANGES:
        allowed = ", ".join(map(str, INPUT_RANGES))
        raise ValueError(f"input_range must be one of {allowed}, not {input_range!r}")
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"unknown precision {precision!r}; choose one of float32, bfloat16")
    return "mixed_bfloat16" if precision == "bfloat16" else "float32"


def check_layers(name: str, layers: Sequence[str], known: Sequence[str]) -> None:
    """Raise a ValueError that lists the layers of a network, unless some of them are given."""
    if isinstance(layers, str) or not layers or not set(layers) <= set(known):
        raise ValueError(
            f"layers must be a list of some of {name}'s {', '.join(known)}, not {layers!r}"
        )
