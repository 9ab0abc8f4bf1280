"""Which trained networks there are, and what each is good for."""

import functools
from pathlib import Path

import pandas as pd

from srlib.upscaling import Networks, networks_of
from srlib.zoo.cards import WEIGHTS, available, card
from srlib.zoo.comparison import seconds_per_megapixel
from srlib.zoo.loading import is_network_file, load

__all__ = ["GOOD_FOR", "listing", "networks"]

# What no card says. The figures are on the cards.
GOOD_FOR = {
    "edsr": "clean photographs: the highest PSNR on the whole; takes its time",
    "srresnet": "clean photographs at ×4: on a par with EDSR",
    "searched": "many or large photographs at ×2: few computations; found by a search",
    "searched_wide": "lesson 13: what two hours of search found; searched is better",
    "fsrcnn": "lesson 5: enlarging at the end; searched is better and cheaper",
    "photo": "photographs as they come: compressed, noisy, blurred; less sharp on clean ones",
    "tiny": "browsers, and many or large photographs: the best of the small ones",
    "srcnn": "a quick look at any scale: the fewest parameters",
    "srgan": "textures that please at ×4; invents them: not for faces, plates and text",
    "upsampling_resnet_both": "crisper textures at ×4 than by pixels alone; a faint weave",
    "upsampling_resnet_perceptual": "lesson 7: what feature maps alone teach",
    "upsampling_resnet_pixel": "clean photographs at ×4 with fewer parameters than EDSR",
    "upsampling_resnet_subpixel": "lesson 8: checkerboards, by sub-pixel convolution",
    "upsampling_resnet_transposed": "lesson 8: checkerboards, by transposed convolution",
    "vdsr": "lesson 4: depth; EDSR is better",
    "residual_add": "lesson 5: skips that are added; EDSR is better and smaller",
    "residual_concat": "lesson 5: skips that are concatenated; EDSR is better and smaller",
    "rgb_residual": "lesson 5: blocks with a bottleneck; SRCNN is better and smaller",
    "encoder_decoder": "nothing: lesson 5's counter-example, far below bicubic",
}


def listing(*, timed: bool = False) -> pd.DataFrame:
    """The trained networks that come with the library.

    Parameters
    ----------
    timed
        Whether to measure, here and now, how long each takes, which runs all of them a few times.

    Returns
    -------
    pandas.DataFrame
        A row a name and scale: name, scale, parameters; psnr_Set5 and psnr_course-test, in dB by
        the card (NaN where it has none); seconds, for 10⁶ SR pixels, if `timed`; good_for, in a
        line.
    """
    rows = []
    for name, scale in available():
        about = card(name, scale)
        psnr = {score["set"]: score["psnr"] for score in about["scores"]}
        row = {"name": name, "scale": scale, "parameters": about["parameters"]}
        row |= {f"psnr_{s}": psnr.get(s, float("nan")) for s in ("Set5", "course-test")}
        rows.append(row | {"good_for": GOOD_FOR[name]})
    table = pd.DataFrame(rows)
    if timed:
        table.insert(len(table.columns) - 1, "seconds", _seconds(table))
    return table


def _seconds(table):
    """What each row's network takes for 10⁶ SR pixels."""
    times = {}
    for scale in sorted(set(table["scale"])):
        methods = {n: load(n, scale) for n in table["name"][table["scale"] == scale]}
        taken = seconds_per_megapixel(methods, scale)
        times |= {(name, scale): seconds for name, seconds in taken.items()}
    return [times[key] for key in zip(table["name"], table["scale"], strict=True)]


def networks(name: Path | str, folder: Path | str = WEIGHTS) -> Networks:
    """All trained networks of a name, for `srlib.upscale_file`: each is loaded when it is needed.

    Parameters
    ----------
    name
        A name of `srlib.available`, or a file as for `srlib.load`, which is loaded at once.
    folder
        Where weights and cards lie; the library's own by default.

    Raises
    ------
    ValueError
        If there are none; the message lists those there are.
    """
    if is_network_file(name):
        return networks_of(load(name))._replace(name=Path(name).stem)
    have = available(folder)
    by_scale = {
        scale: functools.partial(_loaded, name, scale, folder)
        for its_name, scale in have
        if its_name == name
    }
    if not by_scale:
        names = ", ".join(dict.fromkeys(n for n, _ in have)) or "none"
        raise ValueError(f"there are no trained weights for {name!r}; there are: {names}")
    return Networks(name, by_scale)


@functools.lru_cache(maxsize=8)
def _loaded(name, scale, folder):
    """A network, loaded once in each process that is told to enlarge by it."""
    return load(name, scale, folder)
