"""Building blocks that several networks share."""

import keras
from keras import layers, ops

__all__ = [
    "HEADS",
    "ICNR",
    "LEAK",
    "CropLike",
    "PixelShuffle",
    "check_count",
    "enlarging_steps",
    "normalised_block",
    "residual_block",
    "upsampling_head",
]

HEADS = ("resize", "transposed", "subpixel", "subpixel+icnr")
TRANSPOSED_KERNELS = (3, 4, 5)
LEAK = 0.2  # slope of the discriminators' leaky ReLU where its input is negative


def check_count(name: str, value: int) -> int:
    """Return `value`, or raise a ValueError that names it if it is no whole number from 1."""
    if type(value) is not int or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
    return value


@keras.saving.register_keras_serializable("srlib")
class PixelShuffle(layers.Layer):
    """Rearrange channels into pixels: (N, h, w, s²·c) → (N, s·h, s·w, c).

    Parameters
    ----------
    scale
        The enlargement s; the input must have a multiple of s² channels.

    References
    ----------
    Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
    Convolutional Neural Network", CVPR 2016, equation 4.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """(N, h, w, s²·c) → (N, s·h, s·w, c)."""
        return ops.depth_to_space(inputs, self.scale)

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        n, h, w, c = input_shape
        s = self.scale
        return (n, h and h * s, w and w * s, c // s**2)

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable("srlib")
class CropLike(layers.Layer):
    """Crop an image batch, at its bottom and right, to `scale` times the size of a reference."""

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """[(N, H, W, c), (N, h, w, …)] → (N, s·h, s·w, c)."""
        image, reference = inputs
        height, width = ops.shape(reference)[1:3]
        return image[:, : height * self.scale, : width * self.scale]

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        image, (_, h, w, _) = input_shape
        return (image[0], h and h * self.scale, w and w * self.scale, image[3])

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"scale": self.scale}


def residual_block(x, filters: int, *, residual_scale: float = 1.0, name: str):
    """Convolution, ReLU, convolution, and the sum with what came in, without normalisation.

    Parameters
    ----------
    x
        Keras tensor (N, h, w, `filters`).
    filters
        Of both 3×3 convolutions.
    residual_scale
        What the block's output is multiplied by before the sum, which keeps wide and deep
        networks stable at the start.
    name
        Prefix of the layers' names.

    References
    ----------
    Lim, Son, Kim, Nah and Lee, "Enhanced Deep Residual Networks for Single Image
    Super-Resolution", CVPRW 2017, figure 2c; residual scaling is in section 3.2.
    """
    y = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"{name}_conv1")(x)
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2")(y)
    if residual_scale != 1:
        y = layers.Rescaling(residual_scale, name=f"{name}_scale")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def normalised_block(x, filters: int, *, prelu: bool = False, name: str):
    """A residual block whose convolutions are followed by batch normalisation.

    Convolution, normalisation, ReLU, convolution, normalisation, and the sum with what came in.
    Batch normalisation was in the first deep residual networks for super-resolution; EDSR left it
    out, see `residual_block`.

    Parameters
    ----------
    x
        Keras tensor (N, h, w, `filters`).
    filters
        Of both 3×3 convolutions.
    prelu
        Whether a PReLU, of one slope a channel, takes the place of the ReLU, as in the paper.
    name
        Prefix of the layers' names.

    References
    ----------
    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", CVPR 2017, figure 4.
    """
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv1")(x)
    y = layers.BatchNormalization(name=f"{name}_norm1")(y)
    if prelu:
        y = layers.PReLU(shared_axes=(1, 2), name=f"{name}_prelu")(y)
    else:
        y = layers.ReLU(name=f"{name}_relu")(y)
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2")(y)
    y = layers.BatchNormalization(name=f"{name}_norm2")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def enlarging_steps(scale: int) -> list[int]:
    """The enlargements that make up `scale`: steps of ×2 if it is a power of two, else one step."""
    power_of_two = scale & (scale - 1) == 0
    return [2] * (scale.bit_length() - 1) if power_of_two else [scale]


@keras.saving.register_keras_serializable("srlib")
class ICNR(keras.initializers.Initializer):
    """Start a sub-pixel convolution as a resize-convolution, free of checkerboards.

    Independent random filters would make the s² pixels that come from one LR pixel differ. Here
    each filter is drawn once and repeated for all of them, so that `PixelShuffle` at first repeats
    pixels, as nearest-neighbour enlargement does.

    Parameters
    ----------
    scale
        The enlargement s of the `PixelShuffle` that follows.

    References
    ----------
    Aitken et al., "Checkerboard artifact free sub-pixel convolution", arXiv:1707.02937, 2017.
    """

    def __init__(self, scale: int):
        self.scale = scale

    def __call__(self, shape, dtype=None):
        """A kernel (h, w, c, s²·C)."""
        copies = self.scale**2
        drawn = keras.initializers.GlorotUniform()((*shape[:-1], shape[-1] // copies), dtype=dtype)
        return ops.tile(drawn, (1,) * (len(shape) - 1) + (copies,))

    def get_config(self):
        """What Keras saves."""
        return {"scale": self.scale}


def upsampling_head(x, filters: int, step: int, head: str, *, kernel: int = 3, name: str):
    """Enlarge a feature map, in one of four ways, and let all of them learn.

    Parameters
    ----------
    x
        Keras tensor (N, h, w, c).
    filters
        Channels of the result.
    step
        The enlargement s.
    head
        ``"resize"``: every pixel is repeated, then convolved. ``"transposed"``: a transposed
        convolution of stride s, whose kernel lands unevenly on the pixels unless s divides its
        side. ``"subpixel"``: a convolution makes s² pixels of each, which `PixelShuffle` puts in
        place. ``"subpixel+icnr"``: the same, started by `ICNR`.
    kernel
        Side of the transposed convolution's kernel: 3, 4 or 5. The other heads have 3.
    name
        Prefix of the layers' names.

    Returns
    -------
    Keras tensor
        (N, s·h, s·w, `filters`).

    Raises
    ------
    ValueError
        If there is no such head, or it has no such kernel.

    References
    ----------
    Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill, 2016.
    """
    if head not in HEADS:
        raise ValueError(f"unknown head {head!r}; choose one of {', '.join(HEADS)}")
    if head == "transposed":
        if kernel not in TRANSPOSED_KERNELS:
            raise ValueError(f"a transposed convolution's kernel is 3, 4 or 5, not {kernel!r}")
        return layers.Conv2DTranspose(filters, kernel, step, padding="same", name=f"{name}_conv")(x)
    if kernel != 3:
        raise ValueError(f"only the transposed head has a kernel other than 3, not {head!r}")
    if head == "resize":
        x = layers.UpSampling2D(step, interpolation="nearest", name=f"{name}_repeat")(x)
        return layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv")(x)
    start = ICNR(step) if head == "subpixel+icnr" else "glorot_uniform"
    x = layers.Conv2D(
        filters * step**2, 3, padding="same", kernel_initializer=start, name=f"{name}_conv"
    )(x)
    return PixelShuffle(step, name=f"{name}_shuffle")(x)
