"""VGG-16 and VGG-19, as Keras builds them, with weights from wherever they are."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers as keras_layers
from keras import ops

from srlib.losses.features.frozen import Features, check_layers, check_options

__all__ = ["find_weights", "has_weights", "vgg16", "vgg19", "vgg54"]

APPLICATIONS = {"vgg16": keras.applications.VGG16, "vgg19": keras.applications.VGG19}
CACHED = "{}_weights_tf_dim_ordering_tf_kernels_notop.h5"  # what Keras calls the file it downloads
MEAN_BGR = (103.939, 116.779, 123.68)  # of ImageNet, as keras.applications.vgg19 subtracts it


class VGGInput(keras_layers.Layer):
    """RGB in `input_range` → BGR in 0–255 minus the mean colour of ImageNet, (N, H, W, 3)."""

    def __init__(self, input_range: tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.input_range = input_range

    def call(self, inputs):
        """(N, H, W, 3) → the same."""
        low, high = self.input_range
        bgr = ops.flip((inputs - low) * (255 / (high - low)), axis=-1)
        return bgr - ops.convert_to_tensor(MEAN_BGR, dtype=bgr.dtype)


def vgg16(
    *,
    input_range: tuple[int, int],
    layers: Sequence[str] = ("block2_conv2",),
    pooling: str = "max",
    weights: Path | str | None = None,
    precision: str = "float32",
) -> Features:
    """VGG-16, trained on ImageNet; parameters and errors are those of `vgg19`."""
    return _vgg("vgg16", input_range, layers, pooling, weights, precision)


def vgg19(
    *,
    input_range: tuple[int, int],
    layers: Sequence[str] = ("block2_conv2",),
    pooling: str = "max",
    weights: Path | str | None = None,
    precision: str = "float32",
) -> Features:
    """VGG-19, trained on ImageNet, up to the deepest layer that is asked for.

    It wants BGR in 0–255 minus the mean colour of ImageNet. That is made here, from RGB in
    `input_range`: a network fed with another range or order still runs, and sees nonsense.

    Parameters
    ----------
    input_range
        Lowest and highest value of the images it will be given: (0, 1), (0, 255) or (-1, 1).
    layers
        Names of Keras's layers, such as ``"block2_conv2"``, which papers call relu2_2.
    pooling
        ``"max"`` as trained, or ``"average"``, which passes gradients on to all pixels.
    weights
        A file of weights, Keras's ``.h5`` or an ``.npz`` with ``block1_conv1.kernel``,
        ``block1_conv1.bias``, …; or ``"download"``, which lets Keras fetch 80 MB. If None, the file
        that ``SRLIB_VGG`` names, or else the one in Keras's cache.
    precision
        What the convolutions compute in: ``"float32"`` or ``"bfloat16"``.

    Returns
    -------
    Features

    Raises
    ------
    ValueError
        If an argument is none of those allowed, or the file is of another network or lacks a layer.
    FileNotFoundError
        If there are no weights; the message tells where they may come from.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    ICLR 2015. Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks",
    CVPR 2016, for the average pooling.
    """
    return _vgg("vgg19", input_range, layers, pooling, weights, precision)


def vgg54(
    *,
    input_range: tuple[int, int],
    pooling: str = "max",
    weights: Path | str | None = None,
    precision: str = "float32",
) -> Features:
    """VGG-19's last convolution, ``"block5_conv4"``, before its activation.

    SRGAN's VGG54 is φ₅,₄, the map of the fourth convolution before the fifth pooling, *after* its
    activation, which is ``vgg19(layers=["block5_conv4"])``. ESRGAN compares it *before*: there a
    ReLU has not yet made most of the values 0, which then teach nothing. Parameters and errors are
    those of `vgg19`; the weights must reach the last block, as those that Keras downloads do.

    References
    ----------
    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", CVPR 2017, section 2.2.1. Wang et al., "ESRGAN: Enhanced Super-Resolution Generative
    Adversarial Networks", ECCV Workshops 2018, section 3.3.
    """
    return _vgg(
        "vgg19", input_range, ["block5_conv4"], pooling, weights, precision, activated=False
    )


def _vgg(name, input_range, layers, pooling, weights, precision, activated=True):
    dtype = check_options(input_range, precision)
    if pooling not in ("max", "average"):
        raise ValueError(f"unknown pooling {pooling!r}; choose one of max, average")
    application = APPLICATIONS[name](include_top=False, weights=None)
    known = [layer.name for layer in application.layers[1:]]
    check_layers(name, layers, known)
    depth = 1 + max(map(known.index, layers))
    path = find_weights(name) if weights is None else weights
    weights = _read(name, application, path, known[depth - 1])
    image = keras.Input((None, None, 3), name="image")
    x, maps = VGGInput(input_range, name="bgr", dtype="float32")(image), {}
    for layer in application.layers[1 : 1 + depth]:
        kind = type(layer)
        if pooling == "average" and kind is keras_layers.MaxPooling2D:
            kind = keras_layers.AveragePooling2D
        changes = {"dtype": dtype}
        if not activated and layer.name in layers:
            changes["activation"] = "linear"  # the deepest, so that nothing follows
        layer = kind.from_config(layer.get_config() | changes)
        maps[layer.name] = x = layer(x)
        if layer.weights:
            layer.set_weights(weights(layer.name))
    network = keras.Model(image, [maps[layer] for layer in layers], name=name)
    network.trainable = False
    return Features(network, tuple(layers), tuple(input_range))


def find_weights(name: str) -> Path:
    """Where the weights of ``"vgg16"`` or ``"vgg19"`` are, of the places that need no internet.

    Raises
    ------
    FileNotFoundError
        If neither ``SRLIB_VGG`` nor Keras's cache has any; the message tells where to put them.
    """
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    cached = home / "models" / CACHED.format(name)
    if given := os.environ.get("SRLIB_VGG"):
        return Path(given).expanduser()
    if cached.exists():
        return cached
    raise FileNotFoundError(
        f"there are no weights of {name}: give weights='the/path/of/a/file', set SRLIB_VGG to such "
        f"a path, put Keras's file at {cached}, or let Keras download 80 MB there by "
        "weights='download'. Without any of these, srlib.features.student needs no download"
    )


def has_weights(name: str) -> bool:
    """Whether `find_weights` finds a file."""
    try:
        return find_weights(name).is_file()
    except FileNotFoundError:
        return False


def _read(name, application, path, deepest):
    """A function that returns the kernel and the bias of a layer, by its name."""
    if path == "download":
        application = APPLICATIONS[name](include_top=False, weights="imagenet")
    elif not Path(path).is_file():
        raise FileNotFoundError(
            f"there is no file {path}, which weights= or SRLIB_VGG names: correct the path, or let "
            "Keras download 80 MB by weights='download'"
        )
    elif Path(path).suffix == ".npz":
        return _read_arrays(name, path, deepest)
    else:
        try:
            with warnings.catch_warnings():
                # Keras warns of layers that the file has not.
                warnings.simplefilter("error", UserWarning)
                application.load_weights(path)
        except (ValueError, OSError, UserWarning) as error:
            raise ValueError(
                f"{path} does not hold the weights of {name}, or is damaged ({error}): give "
                "another file, or delete it and let Keras download it by weights='download'"
            ) from error
    return lambda layer: application.get_layer(layer).get_weights()


def _read_arrays(name, path, deepest):
    arrays = dict(np.load(path))
    # Before this layer, both networks have layers of the same names and shapes.
    if "block3_conv3.kernel" in arrays:
        found = "vgg19" if "block3_conv4.kernel" in arrays else "vgg16"
        if found != name:
            raise ValueError(f"{path} holds the weights of {found}, not of {name}")

    def weights(layer):
        keys = [f"{layer}.kernel", f"{layer}.bias"]
        if missing := [key for key in keys if key not in arrays]:
            held = [key.removesuffix(".kernel") for key in arrays if key.endswith(".kernel")]
            raise ValueError(
                f"{path} lacks {', '.join(missing)}, which {deepest} needs; it holds "
                f"{', '.join(held)}: choose one of these layers, give a file that reaches "
                f"{deepest}, or let Keras download 80 MB by weights='download'"
            )
        return [arrays[key] for key in keys]

    return weights
