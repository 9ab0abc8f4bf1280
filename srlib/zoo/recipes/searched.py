"""How the networks that searches have found are trained: as FSRCNN, whose rivals they are."""

from dataclasses import replace

from srlib.zoo.recipes.base import Training
from srlib.zoo.recipes.pixel import fsrcnn

__all__ = ["searched", "searched_wide"]


def searched(scale: int, profile: str = "full") -> Training:
    """Train the best network of lesson 13 at no more cost than FSRCNN's.

    As `fsrcnn`, of which it is the rival at equal training: 15,000 steps of 8 patches. Two CPU
    cores that did other work beside reached 37.12 dB on Set5 ×2 from `TRAINING_SETS` in three
    quarters of an hour. It was chosen before the lesson's table of 36 networks was there, of two
    candidates after 600 steps each; the table, half an hour of brief trainings, puts it first as
    well.

    ::

        srlib train searched --scale 2 --profile full
    """
    return _found(scale, profile, blocks=4, filters=16)


def searched_wide(scale: int, profile: str = "full") -> Training:
    r"""Train what two hours of search found in the wide space, at no more cost than FSRCNN's.

    As `fsrcnn` and `searched`. On two CPU cores that did other work beside, the search came to 485
    trials within its two hours; this was the best. After 600 steps it was level with `searched`,
    which the search did not try, 32.83 and 32.81 dB; after 15,000 it has 36.99 dB on Set5 ×2, where
    `searched` has 37.12 and `fsrcnn` 36.92.

    ::

        srlib search --space wide --scale 2 --largest 6.1 --steps 600 --trials 485 \
            --data T91 --data BSDS500-train --storage wide.journal
        srlib train searched_wide --scale 2 --profile full
    """
    return _found(scale, profile, blocks=3, filters=16, long_skip=False, head="transposed")


def _found(scale, profile, **point):
    return replace(fsrcnn(scale, profile), architecture="searchable", options=point)
