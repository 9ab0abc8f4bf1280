"""Importing this makes Keras work on batches as they are here, whatever a user's settings say.

``keras.json`` may ask for ``channels_first`` or ``float16``, meant for other projects. A batch of
`srlib` is float32 (N, H, W, C), so that is set for this process; the file stays as it is. The rooms
that use Keras import this module before anything else.
"""

import os

from srlib.images.formats import one_line
from srlib.images.silence import silence

__all__ = []

# TensorFlow uses oneDNN by itself only where a processor has instructions for neural networks.
# Without those it is faster, too: a training step of SRCNN takes a third of the time, with AVX2.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

try:
    with silence():  # TensorFlow's notices, which no log level stops
        import keras
except Exception as error:  # of a backend that is not there, or of whatever keras.json holds
    raise RuntimeError(
        f"Keras cannot be loaded ({one_line(error)}). The environment variable KERAS_BACKEND, or "
        "else the file keras.json in .keras, says what it computes with: install that, or set "
        "KERAS_BACKEND=tensorflow"
    ) from error

keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
if keras.config.dtype_policy().name != "float32":
    keras.config.set_dtype_policy("float32")
