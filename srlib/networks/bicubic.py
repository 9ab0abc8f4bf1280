"""Bicubic enlargement, the same on every backend and at every place of an image."""

import keras
import numpy as np
from keras import layers, ops

__all__ = ["Bicubic", "cubic_weights"]

REACH = 2  # pixels to each side
BLOCK = 4  # pixels that one product enlarges; more would mostly multiply zeros


@keras.saving.register_keras_serializable("srlib")
class Bicubic(layers.Layer):
    """Enlarge images by the cubic kernel with a = −0.5, by exact positions.

    TensorFlow's own enlargement, ``UpSampling2D(scale, interpolation="bicubic")``, has the same
    kernel and the same borders, where pixels outside count nothing. But it computes positions in
    float32, which are the less exact the further they lie from the left, and looks the kernel up in
    a table of 1024 places; other backends compute something else, ONNX Runtime goes through the
    pixels one by one, and LiteRT has nothing of the kind.

    Here pixels at the same place between LR pixels have the same weights, wherever they are. Blocks
    of pixels, each with its neighbours, are multiplied by a small matrix: along rows, then along
    columns.

    Parameters
    ----------
    scale
        The enlargement s.

    References
    ----------
    Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE Transactions on
    Acoustics, Speech, and Signal Processing 29, 1981.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        """(N, h, w, c) → (N, s·h, s·w, c)."""
        _, h, w, c = ops.shape(inputs)
        s = self.scale
        # The products are of float32 in bfloat16 networks, too, whose 8 bits are few for pixels.
        columns = ops.transpose(ops.cast(inputs, "float32"), (0, 2, 1, 3))
        columns = _enlarged(ops.reshape(columns, (-1, w, h * c)), w, h * c, s)
        rows = ops.transpose(ops.reshape(columns, (-1, w * s, h, c)), (0, 2, 1, 3))
        rows = _enlarged(ops.reshape(rows, (-1, h, w * s * c)), h, w * s * c, s)
        return ops.cast(ops.reshape(rows, (-1, h * s, w * s, c)), inputs.dtype)

    def compute_output_shape(self, input_shape):
        """The shape that `call` gives, where it is known."""
        n, h, w, c = input_shape
        return (n, h and h * self.scale, w and w * self.scale, c)

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"scale": self.scale}


def _enlarged(lines, length, values, scale):
    """(N, length, values) → (N, length · scale, values)."""
    blocks = (length + BLOCK - 1) // BLOCK  # not of -length, which ONNX would round up
    near = np.arange(-REACH, BLOCK + REACH, dtype="int32")
    at = BLOCK * ops.arange(blocks, dtype="int32")[:, None] + near
    inside = ops.cast(ops.logical_and(at >= 0, at < length), "float32")
    weights = cubic_weights(scale, BLOCK) * inside[:, None]
    # Less than a half is left only of what the last block has beyond the image, which is cut off.
    weights /= ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 0.5)
    given = ops.take(lines, ops.reshape(ops.clip(at, 0, length - 1), (-1,)), axis=1)
    given = ops.reshape(given, (-1, blocks, len(near), values))
    made = ops.reshape(ops.matmul(weights, given), (-1, blocks * BLOCK * scale, values))
    return made[:, : length * scale]


def cubic_weights(scale: int, pixels: int) -> np.ndarray:
    """What each pixel that is made of a row of pixels takes of these and their neighbours.

    Returns
    -------
    numpy.ndarray
        float32 (`pixels` · s, 2 + `pixels` + 2), from the leftmost neighbour on.
    """
    made = (np.arange(pixels * scale) + 0.5) / scale - 0.5
    away = np.abs(made[:, None] - np.arange(-REACH, pixels + REACH))
    near = (1.5 * away - 2.5) * away**2 + 1
    far = ((-0.5 * away + 2.5) * away - 4) * away + 2
    return np.select([away <= 1, away < 2], [near, far], 0.0).astype(np.float32)
