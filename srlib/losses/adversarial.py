"""What generator and discriminator play for: six objectives, each with a loss for both players.

A discriminator gives a logit for each image, or for each place of it, and every loss takes those of
a batch of photographs and of a batch that the generator made, (N, 1) or (N, h, w, 1), and returns
their mean, in float32.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from keras import ops

__all__ = ["OBJECTIVES", "Objective", "objective"]


@dataclass(frozen=True)
class Objective:
    """What both players make small.

    Parameters
    ----------
    discriminator_loss, generator_loss
        Functions of the logits of photographs and of generated images, (N, 1) each, that return a
        float32 scalar.
    output
        What the discriminator says of both, as the objective reads it, of the same logits: two
        tensors (N, 1). Probabilities where the losses take logarithms of such, else the logits.
    relative
        Whether the generator's loss looks at the logits of photographs; else they may be None.
    labels
        Whether the discriminator's loss has a label for photographs, which can be smoothed.
    """

    discriminator_loss: Callable
    generator_loss: Callable
    output: Callable
    relative: bool = False
    labels: bool = True


def objective(name: str, label_smoothing: float = 0.0) -> Objective:
    """An objective by its name.

    Parameters
    ----------
    name
        One of `OBJECTIVES`: ``"minimax"`` (Goodfellow et al. 2014, equation 1), whose generator
        learns nothing while the discriminator is sure; ``"non-saturating"`` (section 3 there),
        whose generator then learns most; ``"least squares"`` (Mao et al. 2017, equation 9);
        ``"wasserstein"`` (Arjovsky, Chintala and Bottou 2017), which needs a discriminator that
        is not too steep: see `gradient_penalty`; ``"hinge"`` (Lim and Ye 2017, Miyato et al.
        2018, equations 16 and 17); ``"relativistic average"`` (Jolicoeur-Martineau 2019, section
        4.2), which asks whether a photograph seems more real than the generated ones on average.
    label_smoothing
        ε: the discriminator shall say 1 − ε of a photograph, and still 0 of what was generated, so
        that it is never sure. Where an objective has no such labels, only 0 is possible.

    Raises
    ------
    ValueError
        If there is no such objective, or ε is not from 0 to below 0.5, or not for this one.

    References
    ----------
    Salimans et al., "Improved Techniques for Training GANs", NIPS 2016, section 3.4, for the
    one-sided smoothing.
    """
    if name not in OBJECTIVES:
        raise ValueError(f"unknown objective {name!r}; choose one of {', '.join(OBJECTIVES)}")
    if not 0 <= label_smoothing < 0.5:
        raise ValueError(f"label_smoothing must be from 0 to below 0.5, not {label_smoothing!r}")
    chosen = OBJECTIVES[name]
    if not label_smoothing:
        return chosen
    if not chosen.labels:
        smoothed = [other for other, its in OBJECTIVES.items() if its.labels]
        raise ValueError(
            f"{name} has no labels to smooth, so label_smoothing must be 0, not "
            f"{label_smoothing!r}; choose one of {', '.join(smoothed)}, or leave it out"
        )
    smooth = partial(chosen.discriminator_loss, real_label=1 - label_smoothing)
    return replace(chosen, discriminator_loss=smooth)


def _minimax_discriminator(real, fake, real_label=1.0):
    return _cross_entropy(real, real_label) + _cross_entropy(fake, 0.0)


def _minimax_generator(_real, fake):
    return -_cross_entropy(fake, 0.0)


def _non_saturating_generator(_real, fake):
    return _cross_entropy(fake, 1.0)


def _least_squares_discriminator(real, fake, real_label=1.0):
    return (_mean_square(real, real_label) + _mean_square(fake, 0.0)) / 2


def _least_squares_generator(_real, fake):
    return _mean_square(fake, 1.0) / 2


def _wasserstein_discriminator(real, fake):
    return _mean(fake) - _mean(real)


def _lift_fakes(_real, fake):
    return -_mean(fake)


def _hinge_discriminator(real, fake):
    return _mean(ops.relu(1 - _float32(real))) + _mean(ops.relu(1 + _float32(fake)))


def _relativistic_discriminator(real, fake, real_label=1.0):
    return _minimax_discriminator(*_relative(real, fake), real_label)


def _relativistic_generator(real, fake):
    return _minimax_discriminator(*reversed(_relative(real, fake)))


def _probabilities(real, fake):
    return ops.sigmoid(_float32(real)), ops.sigmoid(_float32(fake))


def _logits(real, fake):
    return _float32(real), _float32(fake)


def _relative_probabilities(real, fake):
    return _probabilities(*_relative(real, fake))


def _relative(real, fake):
    """Each logit minus the mean of the other batch's."""
    return _float32(real) - _mean(fake), _float32(fake) - _mean(real)


def _cross_entropy(logits, label):
    """−y log σ(x) − (1 − y) log(1 − σ(x)), without the overflow of either logarithm."""
    return _mean(ops.softplus(_float32(logits)) - label * _float32(logits))


def _mean_square(logits, label):
    return _mean(ops.square(_float32(logits) - label))


def _mean(values):
    return ops.mean(_float32(values))


def _float32(values):
    return ops.cast(values, "float32")


OBJECTIVES = {
    "minimax": Objective(_minimax_discriminator, _minimax_generator, _probabilities),
    "non-saturating": Objective(_minimax_discriminator, _non_saturating_generator, _probabilities),
    "least squares": Objective(_least_squares_discriminator, _least_squares_generator, _logits),
    "wasserstein": Objective(_wasserstein_discriminator, _lift_fakes, _logits, labels=False),
    "hinge": Objective(_hinge_discriminator, _lift_fakes, _logits, labels=False),
    "relativistic average": Objective(
        _relativistic_discriminator,
        _relativistic_generator,
        _relative_probabilities,
        relative=True,
    ),
}
