"""A small network that imitates VGG-19's feature maps, so that no download is needed."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
from keras import layers as keras_layers

from srlib.losses.features.frozen import Features, check_layers, check_options

__all__ = ["CARD", "MAPS", "WEIGHTS", "build_student", "student"]

WEIGHTS = Path(__file__).with_name("student.weights.h5")
CARD = Path(__file__).with_name("student.json")

# Of each of VGG-19's maps: its channels, our filters before it, and our convolutions.
MAPS = {"block1_conv2": (64, 32, 2), "block2_conv2": (128, 64, 2), "block3_conv4": (256, 96, 3)}


def build_student(
    scales: Sequence[float], input_range: tuple[int, int] = (0, 1), dtype: str = "float32"
) -> keras.Model:
    """The student, untrained.

    Parameters
    ----------
    scales
        What each map is multiplied by in the end, so that the network itself works with numbers
        near 1: the root mean square of VGG-19's.
    input_range
        Lowest and highest value of an image.
    dtype
        Policy of the convolutions.

    Returns
    -------
    keras.Model
        float32 (N, H, W, 3) RGB → a list of maps of 64, 128 and 256 channels, each half as wide
        and high as the one before.
    """
    low, high = input_range
    image = keras.Input((None, None, 3), name="image")
    x = keras_layers.Rescaling(1 / (high - low), -low / (high - low), name="unit_range")(image)
    maps = []
    for (name, (channels, filters, depth)), scale in zip(MAPS.items(), scales, strict=True):
        if maps:
            x = keras_layers.AveragePooling2D(2, name=f"{name}_pool", dtype=dtype)(x)
        for i in range(1, depth + 1):
            x = _convolution(filters, 3, f"{name}_hidden{i}", dtype)(x)
        y = _convolution(channels, 1, f"{name}_like", dtype)(x)
        maps.append(keras_layers.Rescaling(scale, name=name)(y))
    return keras.Model(image, maps, name="student")


def _convolution(filters, size, name, dtype):
    return keras_layers.Conv2D(
        filters, size, padding="same", activation="relu", name=name, dtype=dtype
    )


def student(
    *,
    input_range: tuple[int, int],
    layers: Sequence[str] = ("block2_conv2",),
    precision: str = "float32",
    weights: Path | str | None = WEIGHTS,
) -> Features:
    """A small network that imitates VGG-19, and comes with the library.

    Its maps have the names, sizes, channels and range of values of VGG-19's, so that the weights of
    a loss need not be changed. `srlib.distillation` trained it; the card beside the weights tells
    on what, and how well the distances of both networks agree.

    Parameters
    ----------
    input_range
        Lowest and highest value of the images it will be given: (0, 1), (0, 255) or (-1, 1).
    layers
        Some of ``"block1_conv2"``, ``"block2_conv2"`` and ``"block3_conv4"``.
    precision
        What the convolutions compute in: ``"float32"`` or ``"bfloat16"``.
    weights
        The file, whose card lies beside it; None for random weights, as a counter-example.

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        If an argument is none of those allowed.
    FileNotFoundError
        If the weights or their card are missing.
    """
    dtype = check_options(input_range, precision)
    check_layers("student", layers, list(MAPS))
    card = Path(weights or WEIGHTS).with_name(CARD.name)
    if missing := [str(path) for path in (Path(weights or WEIGHTS), card) if not path.exists()]:
        raise FileNotFoundError(
            f"{', '.join(missing)} is missing: give the weights that srlib distill wrote, with the "
            "card beside them, or leave weights out"
        )
    scales = json.loads(card.read_text(encoding="utf-8"))["scales"]
    whole = build_student(scales, input_range, dtype)
    if weights is not None:
        whole.load_weights(weights)
    maps = [whole.get_layer(layer).output for layer in layers]
    network = keras.Model(whole.input, maps, name="student")
    network.trainable = False
    return Features(network, tuple(layers), tuple(input_range))
