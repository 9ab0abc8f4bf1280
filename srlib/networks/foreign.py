"""A network of another library, as `srlib.upscaling.predict` takes it."""

from pathlib import Path

import numpy as np

from srlib.images import one_line
from srlib.networks.probing import find_out
from srlib.networks.runtimes import RUNTIMES
from srlib.networks.sight import LIVE, SEEN, Sight

__all__ = ["ForeignNetwork"]


class ForeignNetwork:
    """A super-resolution network in a file of another program.

    That is ONNX or TensorFlow Lite, or a folder that `srlib.export` wrote.

    Which axis is which, what the values range over, the scale and how far the network sees are
    read from the file if it says so, or else found out by trying the network on a photograph whose
    enlargement is known. How far it sees is then measured, not proved: as far as a changed line of
    pixels changes bits. A network that was made for one size of image is given windows of that
    size. That channels are red, green and blue in this order is taken for granted.

    Parameters
    ----------
    path
        The file, which ends in ``.onnx`` or ``.tflite``, or the folder.

    Attributes
    ----------
    name
        The file's, without the suffix.
    scale
        The enlargement.
    habits
        What was found out.

    Raises
    ------
    ValueError
        If the file holds no such network, or something that is needed cannot be told.
    RuntimeError
        If the program that runs it is not installed.
    """

    def __init__(self, path: Path | str):
        path = Path(path)
        self._runtime = RUNTIMES["" if path.is_dir() else path.suffix.lower()](path)
        self.name = path.stem
        self.habits = find_out(self._runtime, path)
        self.scale = self.habits.scale
        if self.habits.margin is not None:
            _, _, _, _, size, margin, period = self.habits
            SEEN[self] = Sight(margin, period, 4 * LIVE * self._runtime.numbers, size)

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        """float32 (N, h, w, 3) in [0, 1] → float32 (N, s·h, s·w, 3), image by image.

        Raises
        ------
        ValueError
            If the network does not take images of this size.
        """
        try:
            return np.concatenate([self.habits.run(self._runtime, image[None]) for image in batch])
        except Exception as error:  # of a runtime's own kind
            height, width = batch.shape[1:3]
            only = f" but of {self.habits.size[::-1]}" if self.habits.size else ""
            raise ValueError(
                f"{self.name} takes no image of {width}×{height} pixels{only}: {one_line(error)}"
            ) from error

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """(None, h, w, 3), as a Keras network says it."""
        return (None, *(self.habits.size or (None, None)), 3)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(N, h, w, 3) → (N, s·h, s·w, 3)."""
        n, h, w, c = shape
        return (n, h and h * self.scale, w and w * self.scale, c)
