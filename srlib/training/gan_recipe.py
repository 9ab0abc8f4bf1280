"""What decides how an adversarial training goes: two recipes and what the players fight for."""

from dataclasses import asdict, dataclass, field, replace

import keras

from srlib.losses import Objective, objective
from srlib.training.recipe import Recipe

__all__ = ["GANRecipe"]


def _adversarial_stage():
    return Recipe(
        patch_size=24,
        learning_rate=1e-4,
        schedule="constant",
        pixel_weight=0,
        perceptual_weight=1e-5,
        ema=0.999,
    )


@dataclass(frozen=True)
class GANRecipe:
    """Everything that decides how an adversarial training goes, besides networks and photographs.

    The generator's loss is a sum: ``generator.pixel_weight`` times the pixel loss,
    ``generator.perceptual_weight`` times the content loss, `spectral_weight` times
    `srlib.losses.spectral_loss`, and `adversarial_weight` times what the objective wants. The
    paper's SRGAN has no pixel loss, as here by default; a public project's "Per-Pix" adds the
    squared error: ``Recipe(loss="mse", pixel_weight=1, perceptual_weight=…)``.

    Parameters
    ----------
    generator
        The adversarial stage without its adversary: steps, crops, losses of the image, optimiser,
        schedule (any but ``"plateau"``, since no single number tells how a game goes), precision,
        moving average, seed. By default 1500 steps of 16 crops of 24 LR pixels, which at ×4 are
        the paper's 96 HR pixels, at the paper's rate of 10⁻⁴.
    pretraining
        A stage of training on pixels before, which the paper found necessary; None if the
        generator comes with trained weights.
    objective
        One of `srlib.losses.OBJECTIVES`.
    adversarial_weight
        What the generator's adversarial loss is multiplied by, positive; 10⁻³ in the paper.
    spectral_weight
        What the difference of the spectra is multiplied by; 0 leaves it out, as the paper does.
    label_smoothing
        As for `srlib.losses.objective`.
    gradient_penalty
        What `srlib.losses.gradient_penalty` is multiplied by in the discriminator's loss; 10 in
        its paper, 0 leaves it out.
    zero_centred_penalty
        The same for `srlib.losses.zero_centred_penalty`; 5 in its paper for a discriminator of one
        logit, and much less for one that gives many.
    discriminator_learning_rate
        The discriminator's rate; the generator's if None. Optimiser and schedule are the same.

    References
    ----------
    Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial
    Network", CVPR 2017, sections 2.2 and 3.2. Heusel et al., "GANs Trained by a Two Time-Scale
    Update Rule Converge to a Local Nash Equilibrium", NIPS 2017, for two rates.
    """

    generator: Recipe = field(default_factory=_adversarial_stage)
    pretraining: Recipe | None = None
    objective: str = "non-saturating"
    adversarial_weight: float = 1e-3
    spectral_weight: float = 0
    label_smoothing: float = 0
    gradient_penalty: float = 0
    zero_centred_penalty: float = 0
    discriminator_learning_rate: float | None = None

    def __post_init__(self):
        if not isinstance(self.generator, Recipe):
            raise ValueError(f"generator must be a Recipe, not {self.generator!r}")
        if self.generator.schedule == "plateau":
            raise ValueError(
                "the schedule 'plateau' waits for a better PSNR, which an adversarial training "
                "does not seek: choose constant, cosine or restart"
            )
        if self.pretraining is not None and not (
            isinstance(self.pretraining, Recipe) and not self.pretraining.perceptual_weight
        ):
            raise ValueError(
                "pretraining must be a Recipe without perceptual_weight, which trains on pixels "
                f"alone, or None, not {self.pretraining!r}"
            )
        weight = self.adversarial_weight
        if not isinstance(weight, int | float) or not weight > 0:
            raise ValueError(
                f"adversarial_weight must be a positive number, not {weight!r}: without an "
                "adversary, srlib.train does it"
            )
        for name in ("spectral_weight", "gradient_penalty", "zero_centred_penalty"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not value >= 0:
                raise ValueError(f"{name} must be a number of at least 0, not {value!r}")
        rate = self.discriminator_learning_rate
        if rate is not None and (not isinstance(rate, int | float) or not rate > 0):
            raise ValueError(
                f"discriminator_learning_rate must be a positive number or None, not {rate!r}"
            )
        self.build_objective()

    @property
    def steps(self) -> int:
        """Of the adversarial stage."""
        return self.generator.steps

    @property
    def patch_size(self) -> int:
        """Side of the LR patch, in pixels."""
        return self.generator.patch_size

    @property
    def seed(self) -> int:
        """Start of the random patches."""
        return self.generator.seed

    def resolved(self) -> "GANRecipe":
        """The same recipe with the precision ``"auto"`` decided for this machine."""
        return replace(
            self,
            generator=self.generator.resolved(),
            pretraining=self.pretraining and self.pretraining.resolved(),
        )

    def settings(self) -> dict:
        """Every setting as one flat dictionary, by which a run that is resumed knows itself."""
        flat = {}
        for name, value in asdict(self).items():
            if isinstance(value, dict):
                flat |= {f"{name}.{setting}": v for setting, v in value.items()}
            else:
                flat[name] = value
        return flat

    def build_objective(self) -> Objective:
        """The losses of both players."""
        return objective(self.objective, self.label_smoothing)

    def build_discriminator_optimizer(self) -> keras.Optimizer:
        """The generator's optimiser and schedule, at the discriminator's rate."""
        rate = self.discriminator_learning_rate or self.generator.learning_rate
        return replace(self.generator, learning_rate=rate, ema=None).build_optimizer()
