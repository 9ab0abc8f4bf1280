"""What decides how a training goes: the fields of a recipe, checked when it is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras

from srlib.dataset import Patches
from srlib.images import Pair
from srlib.losses import LOSSES, per_pixel_and_perceptual, perceptual
from srlib.losses.features import FEATURES, Features
from srlib.networks import has_fast_bfloat16
from srlib.training.optimizers import OPTIMIZERS

__all__ = ["PRECISIONS", "SCHEDULES", "Recipe"]

SCHEDULES = ("constant", "cosine", "restart", "plateau")
PRECISIONS = ("float32", "bfloat16", "auto")


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a training goes, besides the network and the photographs.

    Parameters
    ----------
    steps
        Optimiser updates.
    batch_size
        Patches in an update.
    patch_size
        Side of the LR patch, in pixels.
    optimizer
        One of `srlib.training.OPTIMIZERS`.
    learning_rate
        Step size at the start.
    schedule
        ``"constant"``; ``"cosine"``, down to a hundredth of `learning_rate` at the last step;
        ``"restart"``, the same within two thirds of the steps, and once more from half the rate
        within the last third (Loshchilov and Hutter, "SGDR", ICLR 2017); or ``"plateau"``, which
        halves the rate after three validations in a row without a new best.
    loss
        The pixel loss: one of `LOSSES`.
    pixel_weight
        What the pixel loss is multiplied by; 0 leaves it out. 1 where there is no other.
    perceptual_weight
        What the mean squared difference of feature maps is multiplied by; 0 leaves it out.
    features
        Whose feature maps: one of `srlib.losses.features.FEATURES`, at its layer ``block2_conv2``;
        ``"vgg54"`` at VGG-19's last, which needs weights that reach it.
    precision
        What convolutions compute in: ``"float32"``, ``"bfloat16"`` (weights, the bicubic
        enlargement and the last layer stay float32), or ``"auto"``: bfloat16 where the
        processor has instructions for it.
    ema
        Decay of the moving average of the weights, such as 0.999; the average is what is
        validated and what the network holds in the end. None for the weights themselves.
    least_texture
        Patches whose LR luma has a smaller standard deviation, in gray levels, are drawn again.
    seed
        Start of the random patches.
    validate_every
        Steps between two validations, log rows and checkpoints; a tenth of `steps` if None.
    """

    steps: int = 1500
    batch_size: int = 16
    patch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    loss: str = "mse"
    pixel_weight: float = 1
    perceptual_weight: float = 0
    features: str = "student"
    precision: str = "float32"
    ema: float | None = None
    least_texture: float = 0
    seed: int = 0
    validate_every: int | None = None

    def __post_init__(self):
        if self.validate_every is None and isinstance(self.steps, int):
            object.__setattr__(self, "validate_every", max(1, self.steps // 10))
        for name in ("steps", "batch_size", "patch_size", "validate_every"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be a whole number of at least 0, not {self.seed!r}")
        if not isinstance(self.learning_rate, int | float) or not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be a positive number, not {self.learning_rate!r}")
        if self.ema is not None and not 0 < self.ema < 1:
            raise ValueError(f"ema must be a decay between 0 and 1, or None, not {self.ema!r}")
        if not 0 <= self.least_texture < 128:
            raise ValueError(
                f"least_texture must be from 0 to below 128 gray levels, not {self.least_texture!r}"
            )
        weights = self.pixel_weight, self.perceptual_weight
        if not (min(weights) >= 0 and (self.perceptual_weight > 0 or self.pixel_weight == 1)):
            raise ValueError(
                "pixel_weight and perceptual_weight must be at least 0, and pixel_weight 1 where "
                f"there is no perceptual loss to weigh it against, not {weights}"
            )
        for name, allowed in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("loss", LOSSES),
            ("features", FEATURES),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; choose one of {', '.join(allowed)}"
                )

    def resolved(self) -> "Recipe":
        """The same recipe with the precision ``"auto"`` decided for this machine."""
        if self.precision != "auto":
            return self
        return replace(self, precision="bfloat16" if has_fast_bfloat16() else "float32")

    def build_patches(self, pairs: Sequence[Pair]) -> Patches:
        """The patches of the pairs that the steps train on."""
        return Patches(
            pairs,
            patch_size=self.patch_size,
            batch_size=self.batch_size,
            least_texture=self.least_texture,
            seed=self.seed,
        )

    def build_loss(self) -> Callable:
        """The loss for ``model.compile``; where it needs features, they are loaded here, once."""
        pixel = LOSSES[self.loss]
        if not self.perceptual_weight:
            return pixel
        features = self.build_features()
        if not self.pixel_weight:
            return perceptual(features, [self.perceptual_weight])
        return per_pixel_and_perceptual(
            features,
            pixel_weight=self.pixel_weight,
            perceptual_weight=self.perceptual_weight,
            pixel=pixel,
        )

    def build_features(self) -> Features:
        """The network whose feature maps are compared, for images in [0, 1]."""
        return FEATURES[self.features](input_range=(0, 1), precision=self.resolved().precision)

    def build_optimizer(self) -> keras.Optimizer:
        """The optimiser with its schedule; a plateau is watched for by `train`."""
        rate = float(self.learning_rate)
        if self.schedule == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, self.steps, alpha=0.01)
        if self.schedule == "restart":
            rate = keras.optimizers.schedules.CosineDecayRestarts(
                rate, 2 * self.steps // 3, t_mul=0.5, m_mul=0.5, alpha=0.01
            )
        averaging = {"use_ema": True, "ema_momentum": self.ema} if self.ema else {}
        return OPTIMIZERS[self.optimizer](rate, **averaging)
