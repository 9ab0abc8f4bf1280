"""Trained networks by name, and those in files of one's own or of other projects."""

from pathlib import Path

import keras

from srlib.images import one_line
from srlib.networks import RUNTIMES, ForeignNetwork, PixelShuffle  # noqa: F401 - Keras knows it now
from srlib.upscaling import networks_of
from srlib.zoo.cards import WEIGHTS, card, read_json, read_weights

__all__ = ["NETWORK_SUFFIXES", "is_network_file", "load"]

NETWORK_SUFFIXES = (".keras", ".weights.h5", *filter(None, RUNTIMES))


def is_network_file(name: Path | str) -> bool:
    """Whether this is the name of a network's file rather than that of a network."""
    served = (Path(name) / "saved_model.pb").is_file()
    return served or str(name).lower().endswith(NETWORK_SUFFIXES)


def load(
    name: Path | str, scale: int | None = None, folder: Path | str = WEIGHTS
) -> keras.Model | ForeignNetwork:
    """A trained network, of the library's or in a file.

    Parameters
    ----------
    name
        One of `srlib.available`; or a file: ``.keras``; ``.weights.h5`` with its card, the
        ``.json`` of the same name, beside it; ``.onnx`` or ``.tflite``, whose scale, layout and
        range are found out, see `srlib.networks.ForeignNetwork`; or a folder that `srlib.export`
        wrote.
    scale
        That of `srlib.available`. A file has its own, which must be the same if it is given.
    folder
        Where weights and cards of a name lie; the library's own by default.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1], RGB → (N, s·h, s·w, 3). Its weights are float32, whatever
        the file holds. Of ``.onnx`` and ``.tflite`` it is a `srlib.networks.ForeignNetwork`, which
        `srlib.upscale`, `srlib.evaluate` and `srlib.audit` take as well.

    Raises
    ------
    ValueError
        If there are no such weights, if a file is not the one its card describes or holds no
        network that enlarges RGB images, or if it has another scale.
    FileNotFoundError
        If there is no such file.
    RuntimeError
        If what runs the file is not installed.
    """
    if not is_network_file(name):
        if scale is None:
            raise ValueError(f"give the scale of {name!r}, such as 2, or a file")
        about = card(name, scale, folder)
        return read_weights(about, Path(folder) / about["file"])
    path = Path(name)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    if path.is_dir() or path.suffix.lower() in RUNTIMES:
        model = ForeignNetwork(path)
    else:
        model = _by_card(path) if path.suffix.lower() == ".h5" else _of_keras(path)
    (its_scale,) = networks_of(model).by_scale
    if scale not in (None, its_scale):
        raise ValueError(f"{path} enlarges ×{its_scale}, but the scale is {scale}")
    return model


def _by_card(path):
    beside = path.with_name(path.name[: -len(".weights.h5")] + ".json")
    if not beside.is_file():
        raise ValueError(
            f"{path} holds weights alone, and {beside.name}, their card, is not beside it: save "
            "the whole network by model.save('….keras')"
        )
    return read_weights(read_json(beside), path)


def _of_keras(path):
    try:
        model = keras.models.load_model(path, compile=False)
    except Exception as error:  # of whatever in it is not as it should be
        raise ValueError(f"{path} is no network that Keras reads: {one_line(error)}") from error
    shapes = [getattr(model, side, None) for side in ("input_shape", "output_shape")]
    if not all(isinstance(shape, tuple) and len(shape) == 4 and shape[3] == 3 for shape in shapes):
        raise ValueError(
            f"{path} maps {shapes[0]} to {shapes[1]}; a network is used here that maps "
            "(N, h, w, 3) to (N, s·h, s·w, 3)"
        )
    return model
