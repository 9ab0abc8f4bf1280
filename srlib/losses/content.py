"""Losses that compare the feature maps of images, alone or beside their pixels."""

from collections.abc import Callable, Sequence

import keras
from keras import ops

from srlib.losses.features import Features
from srlib.losses.features.frozen import poison
from srlib.losses.pixel import difference

__all__ = ["per_pixel_and_perceptual", "perceptual"]


def perceptual(features: Features, weights: Sequence[float] | None = None) -> Callable:
    """Weighted mean squared error of feature maps, a loss for ``model.compile``.

    For each image, the squared difference of two maps is averaged over all their places and
    channels, multiplied by the layer's weight, and summed over the layers. A public project took
    the root of each average and squared the sum; a root has no gradient at zero, and makes what
    one layer is worth depend on the others.

    Parameters
    ----------
    features
        Whose maps are compared; a frozen network, made once, that learns nothing here.
    weights
        What each of its layers counts, positive; 1 each if None. VGG's maps are in the hundreds,
        and so their squares in the ten thousands.

    Returns
    -------
    function
        Of y_true and y_pred (N, H, W, 3), both in the range that the features were made for;
        returns the loss of each image, float32 (N,). If y_true is in another range it raises a
        ValueError, or, in a compiled step, becomes NaN, at which `srlib.train` stops. What a
        network makes is not checked: it may leave the range at first.

    Raises
    ------
    ValueError
        If there are not as many weights as layers, or one is not positive.

    References
    ----------
    Johnson, Alahi and Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and
    Super-Resolution", ECCV 2016, equation 2. The root: "RMSE" in the project's notebook.
    """
    weights = [1.0] * len(features.layers) if weights is None else list(weights)
    if len(weights) != len(features.layers) or not all(weight > 0 for weight in weights):
        raise ValueError(
            f"give a positive weight for each of {', '.join(features.layers)}, not {weights!r}"
        )

    def perceptual_loss(y_true, y_pred):
        y_true = ops.cast(y_true, "float32")
        maps = zip(features(y_true), features.maps(ops.cast(y_pred, "float32")), strict=True)
        loss = sum(
            weight * ops.mean(ops.square(difference(truth, image)), axis=(1, 2, 3))
            for weight, (truth, image) in zip(weights, maps, strict=True)
        )
        return poison(loss, y_true, features.input_range)

    return perceptual_loss


def per_pixel_and_perceptual(
    features: Features,
    *,
    pixel_weight: float,
    perceptual_weight: float,
    pixel: Callable = keras.losses.mean_absolute_error,
) -> Callable:
    """The sum of a pixel loss and `perceptual`, both weighted.

    Parameters
    ----------
    features
        Whose maps are compared, with equal weights.
    pixel_weight, perceptual_weight
        What each loss is multiplied by, positive.
    pixel
        The pixel loss, a function such as `srlib.losses.charbonnier`.

    Returns
    -------
    function
        As `perceptual` does.

    Raises
    ------
    ValueError
        If a weight is not positive, or the pixel loss no function.
    """
    if not callable(pixel):
        raise ValueError(f"pixel must be a function such as charbonnier, not {pixel!r}")
    if not (pixel_weight > 0 and perceptual_weight > 0):
        raise ValueError(
            f"both weights must be positive, not {pixel_weight!r} and {perceptual_weight!r}"
        )
    content = perceptual(features, [perceptual_weight] * len(features.layers))

    def pixel_and_perceptual_loss(y_true, y_pred):
        error = ops.cast(pixel(y_true, y_pred), "float32")
        per_image = ops.mean(ops.reshape(error, (ops.shape(y_true)[0], -1)), axis=1)
        return pixel_weight * per_image + content(y_true, y_pred)

    return pixel_and_perceptual_loss
