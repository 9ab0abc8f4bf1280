"""Random aligned LR/HR patches, augmented and batched: a pure function of (seed, step)."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from srlib.dataset.reading import read_ahead
from srlib.images import Pair, luma

__all__ = ["Patches"]

DRAWS = 10


class Patches:
    """Batches of random patches from pairs, which may lie on the disk: see `read_pairs`.

    Every position of every image is equally likely, unless patches without texture are left out;
    each patch is flipped and rotated in one of eight ways, LR and HR alike. Batch `k` depends on
    the seed and on `k` alone, so that training can go on from any step as if it had never stopped.

    Parameters
    ----------
    pairs
        LR/HR pairs; all of one scale.
    patch_size
        Side of the square LR patch, in pixels.
    batch_size
        Patches in a batch.
    least_texture
        A patch whose LR luma has a smaller standard deviation, in gray levels, is drawn again, ten
        times at most: there is little to learn from a clear sky.
    seed
        Start of the random numbers.

    Attributes
    ----------
    symmetries : int
        In how many of the eight ways patches are turned: 4 are the rotations without flips, 1
        leaves every patch as it is.

    Raises
    ------
    ValueError
        If a size is no positive whole number, if there are no pairs, if LR and HR do not belong
        together, or if an image is smaller than the patch.
    """

    symmetries = 8

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        patch_size: int,
        batch_size: int,
        least_texture: float = 0,
        seed: int = 0,
    ):
        for name, value in (("patch_size", patch_size), ("batch_size", batch_size)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        if not pairs:
            raise ValueError("there are no pairs to take patches from")
        self.pairs = list(pairs)
        self.scale = _common_scale(self.pairs)
        self.patch_size = patch_size
        self.batch_size = batch_size
        self.least_texture = least_texture
        self.seed = seed
        heights, widths = np.array([pair.lr.shape[:2] for pair in self.pairs]).T
        if (small := np.flatnonzero(np.minimum(heights, widths) < patch_size)).size:
            i = small[0]
            raise ValueError(
                f"the LR image of pair {i} has {widths[i]}×{heights[i]} pixels, too few for "
                f"patches of {patch_size}×{patch_size}: use a smaller patch_size or leave it out"
            )
        positions = (heights - patch_size + 1.0) * (widths - patch_size + 1.0)
        self._up_to = (positions / positions.sum()).cumsum()
        self._up_to /= self._up_to[-1]

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The LR and HR batch of a step.

        Returns
        -------
        lr, hr : numpy.ndarray
            float32 in [0, 1], (N, p, p, 3) and (N, s·p, s·p, 3).
        """
        rng = np.random.default_rng((self.seed, step))
        p, s, n = self.patch_size, self.scale, self.batch_size
        parts = []
        for index in self._drawn(rng, n):
            pair, y, x = self._position(rng, index)
            part = pair.lr[y : y + p, x : x + p], pair.hr[y * s : (y + p) * s, x * s : (x + p) * s]
            for image in part:
                read_ahead(image)  # of the whole batch at once, where a disk has to be waited for
            parts.append((part, rng.integers(self.symmetries)))
        lr = np.empty((n, p, p, 3), np.uint8)
        hr = np.empty((n, p * s, p * s, 3), np.uint8)
        for i, (part, symmetry) in enumerate(parts):
            lr[i], hr[i] = (_turned(image, symmetry) for image in part)
        return tuple(np.divide(batch, 255, dtype=np.float32) for batch in (lr, hr))

    def _position(self, rng, index):
        """A pair and the corner of an LR patch of it, with texture if ten draws find one."""
        p = self.patch_size
        for _ in range(DRAWS):
            pair = self.pairs[index]
            y = rng.integers(pair.lr.shape[0] - p + 1)
            x = rng.integers(pair.lr.shape[1] - p + 1)
            if not self.least_texture:
                break
            read_ahead(lr := pair.lr[y : y + p, x : x + p])
            if luma(lr).std() >= self.least_texture:
                break
            index = self._drawn(rng)
        return pair, y, x

    def _drawn(self, rng, count=None):
        """Indices of pairs as `rng.choice` draws them, which would add up all chances each time."""
        return self._up_to.searchsorted(rng.random(count), side="right")

    def stream(self, start: int, stop: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The batches of the steps from `start` to before `stop`, as ``keras`` `fit` takes them.

        While a step is computed, the next batch is made in another thread.
        """
        with ThreadPoolExecutor(1) as thread:
            ahead = None
            for step in range(start, stop):
                batch = ahead.result() if ahead else self.batch(step)
                if step + 1 < stop:  # or the next stretch would make it once more
                    ahead = thread.submit(self.batch, step + 1)
                yield batch

    def digest(self) -> str:
        """A fingerprint of the photographs, by which a run that is resumed knows them."""
        digest = hashlib.sha256()
        for image in itertools.chain.from_iterable(self.pairs):
            digest.update(f"{image.shape}".encode() + image.tobytes())
        return digest.hexdigest()[:16]


def _turned(patch, symmetry):
    """One of the eight symmetries of the square: four rotations, each also mirrored."""
    patch = np.rot90(patch, symmetry % 4)
    return patch[:, ::-1] if symmetry >= 4 else patch


def _common_scale(pairs):
    scale = pairs[0].hr.shape[0] // pairs[0].lr.shape[0]
    for i, (lr, hr) in enumerate(pairs):
        if (lr.shape[0] * scale, lr.shape[1] * scale) != hr.shape[:2] or scale < 2:
            raise ValueError(
                f"pair {i} has LR {lr.shape[:2]} and HR {hr.shape[:2]}; every HR must be the same "
                f"whole number of times larger than its LR (the first pair says {scale})"
            )
    return scale
