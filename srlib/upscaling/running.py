"""A network run on a batch, compiled for images of any size."""

import logging

import keras
import numpy as np

__all__ = ["run_once", "run_turned"]

# TensorFlow takes the functions of many networks for one, compiled anew too often, and warns of it.
logging.getLogger("tensorflow").addFilter(
    lambda record: "triggered tf.function retracing" not in record.getMessage()
)


def run_turned(model: keras.Model, batch: np.ndarray) -> np.ndarray:
    """The mean of what a network makes of the eight turns and mirrorings, turned back."""
    total = 0
    for quarters in (0, 2, 1, 3):  # those of one size first
        for mirrored in (False, True):
            turned = np.rot90(batch[:, :, ::-1] if mirrored else batch, quarters, (1, 2))
            back = np.rot90(run_once(model, np.ascontiguousarray(turned)), -quarters, (1, 2))
            total = total + (back[:, :, ::-1] if mirrored else back)
    return total / np.float32(8)


def run_once(model: keras.Model, batch: np.ndarray) -> np.ndarray:
    """A network's output, as an array that may be for reading only."""
    if not isinstance(model, keras.Model):
        return model(batch)
    if keras.backend.backend() != "tensorflow":
        return keras.ops.convert_to_numpy(model(batch, training=False))
    # Called directly, a network would hold the output of every layer until the last is done: eight
    # to twenty times the memory of a compiled function. Without XLA, whose convolutions are three
    # times slower on a CPU.
    if model.predict_function is None or model.jit_compile:
        _compile(model)
    try:
        return _compiled(model, batch)
    except TypeError:  # from Keras's bicubic enlargement, which is compiled for one size alone
        _compile(model)
        return _compiled(model, batch)


def _compile(model):
    model.jit_compile = False
    model.make_predict_function(force=True)


def _compiled(model, batch):
    # What `predict_on_batch` does, but for a copy.
    return np.asarray(model.predict_function([(batch,)]))
