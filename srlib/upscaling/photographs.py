"""A photograph of any kind enlarged: gray or colour, of 8 or 16 bits, with alpha, by any factor."""

import itertools
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from scipy import ndimage

from srlib.images import GRAY, Kind, Samples, resize, to_samples
from srlib.upscaling.factors import passes
from srlib.upscaling.prediction import check_method, predict, predict_bands, scale_of

__all__ = ["Enlarged", "Networks", "bled", "enlarge", "networks_of"]


class Networks(NamedTuple):
    """The networks of one name, or an interpolation.

    Attributes
    ----------
    name
        What results are said to be made by.
    by_scale
        What returns the network of a scale; nothing for an interpolation, which has every scale.
    watch
        What is called as the work goes on, with the share of it that is done. An exception that it
        raises ends the work.
    """

    name: str
    by_scale: Mapping[int, Callable[[], keras.Model]]
    watch: Callable[[float], object] | None = None


def networks_of(model: keras.Model | str | Networks, *, ensemble: bool = False) -> Networks:
    """One network, the name of an interpolation, or several networks, as the latter."""
    if isinstance(model, Networks):
        return model
    if isinstance(model, str):
        return Networks(check_method(model, ensemble=ensemble), {})
    scale = scale_of(model, [side or 64 for side in model.input_shape[1:]])
    if scale != int(scale) or scale < 2:
        raise ValueError(f"{model.name} enlarges ×{scale:g}; it takes a network of 2, 3, 4 or more")
    return Networks(model.name, {int(scale): partial(_itself, model)})


def _itself(model):
    """The network; another process can be sent this, which it cannot a lambda."""
    return model


class Enlarged(NamedTuple):
    """An enlargement that is made band by band, as it is asked for.

    Attributes
    ----------
    kind
        Mode, depth and profile of the photograph, and whether there is alpha.
    size
        Height and width.
    bands
        Rows from the top to the bottom, (rows, W, C), alpha as the last channel.
    passes
        The scales of the networks that are used, one after the other.
    """

    kind: Kind
    size: tuple[int, int]
    bands: Iterator[np.ndarray]
    passes: tuple[int, ...]


def enlarge(
    samples: Samples,
    size: tuple[int, int],
    networks: Networks,
    *,
    ensemble: bool = False,
    memory: int | None = None,
) -> Enlarged:
    """Enlarge a photograph to a size.

    Networks enlarge as often as need be to reach the size; what is larger is resized by antialiased
    bicubic interpolation, for which it is held whole. Gray goes through a network as three equal
    channels, whose luma is kept. Alpha goes the same way, since it is the outline of a figure that
    was cut out: of drawn figures SRCNN makes it 4.7 dB better than bicubic interpolation does at
    ×2, and EDSR 7.3 dB. Where it is even, it stays what it is; it is held whole. Colours under what
    is transparent are first made those of the nearest pixel that is not.

    Parameters
    ----------
    samples
        Of mode L or RGB, uint8 or uint16.
    size
        Height and width of the result, neither less than that of the photograph.
    networks
        As from `networks_of`.
    ensemble, memory
        As for `srlib.upscale`.

    Returns
    -------
    Enlarged
        Of the same mode, depth and profile, with alpha if there was one.
    """
    height, width = samples.colour.shape[:2]
    chosen = ()
    if networks.by_scale:
        chosen = passes(max(size[0] / height, size[1] / width), networks.by_scale)

    def enlarged(channels):
        if not chosen:
            return iter([resize(channels, size, networks.name)])
        models = [networks.by_scale[scale]() for scale in chosen]
        return _through(channels, models, size, count, ensemble=ensemble, memory=memory)

    alike = samples.alpha is None or (samples.alpha == samples.maximum).all()
    count = _counter(networks.watch, (1 if alike else 2) * height * width, chosen)

    def bands():
        alpha = samples.alpha
        if alpha is None:
            yield from enlarged(samples.colour)
            return
        if (alpha == samples.maximum).all():
            colour, alpha = samples.colour, np.full(size, samples.maximum, alpha.dtype)
        else:
            # A network is not exact, and what is opaque must stay opaque.
            least, most = (resize(f(alpha, 3), size, "nearest") for f in AROUND)
            larger = np.concatenate(list(enlarged(alpha[..., np.newaxis])))[..., 0]
            colour, alpha = bled(samples.colour, alpha), np.where(least == most, least, larger)
        row = 0
        for band in enlarged(colour):
            beside = alpha[row : row + len(band), :, np.newaxis]
            yield np.concatenate([band, beside], axis=2)
            row += len(band)

    return Enlarged(samples.kind, size, bands(), chosen)


def _counter(watch, pixels, scales):
    """What is told how many pixels are done, and tells who watches which share of all that is."""
    total = pixels * sum(itertools.accumulate((s**2 for s in scales), operator.mul))
    done = 0

    def count(more):
        nonlocal done
        done += more
        if watch is not None:
            watch(min(done / total, 1))

    return count


AROUND = (ndimage.minimum_filter, ndimage.maximum_filter)


def bled(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Colours (H, W, C) of which those where alpha (H, W) is zero are the nearest others.

    What nobody sees may be any colour, mostly black, and would bleed into what is seen.
    """
    clear = alpha == 0
    if clear.all():
        return np.zeros_like(colour)
    rows, columns = ndimage.distance_transform_edt(
        clear, return_distances=False, return_indices=True
    )
    return colour[rows, columns]


def _through(channels, models, size, count, *, ensemble, memory):
    """Bands of gray or colour of 8 or 16 bits through networks, resized if that is too large."""
    dtype = channels.dtype.type
    maximum = np.iinfo(dtype).max
    gray = channels.shape[2] == 1

    def clipped(sr):
        count(sr.shape[0] * sr.shape[1])
        return np.clip(sr, 0, 1)

    def finish(sr):
        count(sr.shape[0] * sr.shape[1])
        sr = (sr @ GRAY.astype(np.float32))[..., np.newaxis] if gray else sr
        return to_samples(sr, dtype)

    image = np.repeat(channels, 3, axis=2) if gray else channels
    if maximum > 255:
        image = image.astype(np.float32) / np.float32(maximum)
    how = {"ensemble": ensemble, "memory": memory}
    for model in models[:-1]:
        image = predict(model, image, finish=clipped, **how)
    last = models[-1]
    if last.compute_output_shape((1, *image.shape))[1:3] == size:
        yield from predict_bands(last, image, finish=finish, **how)
    else:
        yield resize(predict(last, image, finish=finish, **how), size)
