"""Pictures of a training: what the network makes of one image, epoch by epoch."""

import time
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

from srlib.images import check_image, check_writable, write_png
from srlib.upscaling import upscale

__all__ = ["Previews"]


class Previews(keras.callbacks.Callback):
    """Enlarge an image at the end of every epoch, and keep the picture.

    For `srlib.train`, where every validation ends an epoch, and for Keras's own ``fit``. The
    pictures are ``step-300.png`` and so on, after the optimiser's updates. Where TensorBoard is
    installed, ``tensorboard --logdir FOLDER`` shows them, too.

    Parameters
    ----------
    lr
        The image to enlarge, uint8 (h, w, 3).
    folder
        Where the pictures go; made if there is none.

    Raises
    ------
    ValueError
        If `lr` is no image.
    OSError
        If nothing can be written in the folder.
    """

    def __init__(self, lr: np.ndarray, folder: Path | str):
        super().__init__()
        self.lr = check_image(lr)
        self.folder = Path(folder)
        check_writable(self.folder)
        self._board = _board(self.folder) if find_spec("tensorboard") else None

    def on_epoch_end(self, epoch, logs=None):
        """Write a picture of the network as it is now."""
        step = int(self.model.optimizer.iterations)
        path = self.folder / f"step-{step}.png"
        sr = upscale(self.lr, self.model)
        write_png(path, sr)
        if self._board:
            self._board.add_event(_event(step, sr.shape, path.read_bytes()))
            self._board.flush()


def _board(folder):
    """What appends to a log of TensorBoard's."""
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    return EventFileWriter(str(folder))


def _event(step, shape, png):
    """A picture as TensorBoard's log has it."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    height, width, colorspace = shape
    image = Summary.Image(
        height=height, width=width, colorspace=colorspace, encoded_image_string=png
    )
    value = Summary.Value(tag="preview", image=image)
    return Event(wall_time=time.time(), step=step, summary=Summary(value=[value]))
