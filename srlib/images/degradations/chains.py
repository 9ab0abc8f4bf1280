"""Pieces one after another, from an HR image to its LR image: stated, named, or drawn."""

from dataclasses import dataclass

import numpy as np

from srlib.images.degradations.pieces import Blur, Jpeg, Noise, Photons, Resize, WebP
from srlib.images.degradations.resampling import KERNELS, check_scale, lr_size

__all__ = ["Degradation", "check_degradation", "degradation"]

Piece = Blur | Resize | Noise | Photons | Jpeg | WebP

# What a name such as "jpeg-70" adds to antialiased bicubic: before it, or after it.
BEFORE = {"blur": Blur}
AFTER = {"noise": Noise, "photons": Photons, "jpeg": Jpeg, "webp": WebP}


@dataclass(frozen=True)
class Degradation:
    """What happens to an HR image until it is an LR image: y = JPEG((x ∗ k)↓ + n), and the like.

    Parameters
    ----------
    pieces
        In their order. Exactly one is a `Resize` without `by`, which makes the image as small as
        the scale says; none that resizes comes after it.

    Raises
    ------
    ValueError
        If that one is missing or not the last to resize.
    """

    pieces: tuple[Piece, ...]

    def __post_init__(self):
        object.__setattr__(self, "pieces", tuple(self.pieces))
        for piece in self.pieces:
            if not isinstance(piece, Piece):
                raise ValueError(
                    "a degradation is made of Blur, Resize, Noise, Photons, Jpeg and WebP, "
                    f"not {piece!r}"
                )
        open_ends = [p.by is None for p in self.pieces if isinstance(p, Resize)]
        if sum(open_ends) != 1 or not open_ends[-1]:
            raise ValueError(
                "the last Resize of a degradation, and no other, must be without `by`: it makes "
                f"the LR image as small as the scale says; not {self}"
            )

    def __str__(self):
        return ", ".join(map(str, self.pieces))

    def __call__(self, image: np.ndarray, scale: int, rng: np.random.Generator) -> np.ndarray:
        """The LR image of an HR image whose sides are multiples of `scale`; see `degrade`."""
        size = lr_size(image, check_scale(scale))
        for piece in self.pieces:
            image = piece(image, rng, size)
        return image


def degradation(name: str, seed: int | np.random.Generator = 0) -> Degradation:
    """A degradation by its name.

    Parameters
    ----------
    name
        A kernel of `srlib.KERNELS`, which then is all there is; ``"blur-1.6"`` (standard deviation
        in HR pixels), ``"noise-5"`` (gray levels), ``"photons-500"`` (at white), ``"jpeg-70"`` or
        ``"webp-70"`` (quality), with any number, each beside antialiased bicubic; or ``"mixed"``,
        which is drawn: see the notes.
    seed
        What ``"mixed"`` is drawn from; the others do not look at it.

    Returns
    -------
    Degradation

    Raises
    ------
    ValueError
        If there is none of that name; the message lists those there are.

    Notes
    -----
    ``"mixed"`` is for networks that shall bear photographs as they come: milder than the mixtures
    of Zhang et al. and of Wang et al., since what a network must bear it can no longer sharpen.
    One in five is a kernel alone. Each of the others has, with some probability, a blur, a noise
    and a compression; blur, noise and resizing are in random order, and one in six went through
    all of it once before, at another size.

    References
    ----------
    Zhang, Liang, Van Gool and Timofte, "Designing a Practical Degradation Model for Deep Blind
    Image Super-Resolution", ICCV 2021; Wang, Xie, Dong and Shan, "Real-ESRGAN", ICCVW 2021.
    """
    if name == "mixed":
        return _drawn(np.random.default_rng(seed))
    if name in KERNELS:
        return Degradation((Resize(name),))
    kind, _, number = str(name).partition("-")
    try:
        value = int(number) if kind in ("jpeg", "webp") else float(number)
    except ValueError:
        kind = None
    if kind in BEFORE:
        return Degradation((BEFORE[kind](value), Resize()))
    if kind in AFTER:
        return Degradation((Resize(), AFTER[kind](value)))
    raise ValueError(
        f"unknown degradation {name!r}; choose one of {', '.join(KERNELS)}, mixed, or with any "
        "number blur-1.6, noise-5, photons-500, jpeg-70, webp-70"
    )


def check_degradation(name: str) -> str:
    """Return `name`, or raise a ValueError that lists the degradations there are."""
    degradation(name)
    return name


def _drawn(rng):
    """A degradation as photographs may have gone through."""
    if rng.random() < 0.2:
        return Degradation((Resize(_kernel(rng)),))
    before = ()
    if rng.random() < 1 / 6:
        before = _round(rng, Resize(_kernel(rng), round(rng.uniform(0.6, 1.0), 2)))
    return Degradation((*before, *_round(rng, Resize(_kernel(rng)))))


def _round(rng, resizing):
    """What one program, or one camera, does: in any order, and saves it in the end."""
    kinds = ["resize", *("blur" for _ in range(rng.random() < 0.35)),
             *("noise" for _ in range(rng.random() < 0.35))]  # fmt: skip
    pieces, small = [], 1.0
    for kind in rng.permutation(kinds):
        if kind == "resize":
            pieces.append(resizing)
            small = 0.5  # a width in pixels is twice as wide in a smaller image
        else:
            pieces.append(_blur(rng, small) if kind == "blur" else _noise(rng))
    if rng.random() < 0.65:
        compression = WebP if rng.random() < 0.15 else Jpeg
        pieces.append(compression(int(rng.integers(40, 96))))
    return pieces


def _kernel(rng):
    return str(rng.choice(["bicubic", "box", "bilinear", "lanczos"], p=[0.6, 0.15, 0.1, 0.15]))


def _blur(rng, small):
    width, across = (round(small * w, 2) for w in rng.uniform(0.3, 1.6, 2))
    return Blur(width) if rng.random() < 0.5 else Blur(width, across, int(rng.integers(180)))


def _noise(rng):
    if rng.random() < 0.5:
        return Noise(round(float(np.exp(rng.uniform(np.log(0.5), np.log(8)))), 2))
    return Photons(round(float(np.exp(rng.uniform(np.log(300), np.log(10_000))))))
