"""What a recipe for shipped weights consists of, and what most of them share."""

from dataclasses import dataclass, field, replace

from srlib.training import GANRecipe, Recipe

__all__ = [
    "BUNDLED_AND_SYNTHETIC",
    "METRICS",
    "PROFILES",
    "TRAINING_SETS",
    "Training",
    "finished",
    "muon",
]

PROFILES = ("smoke", "course", "full")

# What may go wrong with a network that draws detail, besides what PSNR and SSIM tell.
METRICS = (
    "psnr",
    "ssim",
    "vgg19_distance",
    "student_distance",
    "checkerboard",
    "consistency",
    "color_shift",
    "detail",
)


@dataclass(frozen=True)
class Training:
    """A recipe, and what it is applied to.

    Parameters
    ----------
    recipe
        How to train; a `GANRecipe` brings in an adversary, `srlib.patch_discriminator`.
    photo_sets
        What to train on, but for a few photographs that are held out to watch the PSNR on.
    start
        A (name, scale) of `srlib.available`: layers of the same name and shape take over those
        weights, all others start at random.
    architecture, options
        For `srlib.build`; `recipe_for` fills in the name of the recipe where none is given.
    finish
        Further recipes, each of which goes on where the one before it has ended.
    metrics
        What the card shall tell, as for `srlib.evaluate`.
    lr_kernel
        What makes the LR images, for `srlib.make_pair`.
    copies
        LR images of each photograph, each degraded anew; more than one where that is by chance.
    halve_jpeg
        Whether photographs in JPEG files are halved first, so that a network that shall remove
        what JPEG does is not taught it by the truths.
    """

    recipe: Recipe | GANRecipe
    photo_sets: tuple[str, ...]
    start: tuple[str, int] | None = None
    architecture: str | None = None
    options: dict = field(default_factory=dict)
    finish: tuple[Recipe, ...] = ()
    metrics: tuple[str, ...] = ("psnr", "ssim")
    lr_kernel: str = "bicubic"
    copies: int = 1
    halve_jpeg: bool = False


BUNDLED_AND_SYNTHETIC = ("course-train", "dead-leaves")
TRAINING_SETS = ("T91", "BSDS500-train", "SunHays80", "Photos24", "ImageNet1000-half")


def muon(
    profile: str,
    *,
    full_steps: int,
    course_steps: int,
    batch_size: int,
    patch_size: int,
    learning_rate: float = 1e-3,
    schedule: str = "cosine",
    validations: int = 10,
    start: tuple[str, int] | None = None,
    finish_steps: tuple[int, ...] = (),
) -> Training:
    """What most recipes share: Muon, absolute error, bfloat16, all photographs.

    Stages of `finish_steps`, with 16 patches each, end the full profile, after Smith, Kindermans,
    Ying and Le, "Don't Decay the Learning Rate, Increase the Batch Size", ICLR 2018. They also use
    a CPU better, since Muon's own work is the same for any batch.
    """
    if profile == "smoke":
        smoke = Recipe(steps=4, batch_size=1, patch_size=16, optimizer="muon", loss="mae")
        return Training(smoke, ("course-train",))
    full = profile == "full"
    steps = full_steps if full else course_steps
    recipe = Recipe(
        steps=steps,
        batch_size=batch_size,
        patch_size=patch_size,
        optimizer="muon",
        learning_rate=learning_rate,
        schedule=schedule if full else "cosine",
        loss="mae",
        least_texture=6,
        precision="auto",
        validate_every=max(1, steps // validations),
    )
    if not full:
        return Training(recipe, BUNDLED_AND_SYNTHETIC, start=start)
    training = Training(recipe, TRAINING_SETS, start=start)
    for steps in finish_steps:
        training = finished(training, steps=steps, batch_size=16)
    return training


def finished(training: Training, *, steps: int, **changes) -> Training:
    """The same, and then as many steps more, from half the rate, of a recipe with some changes."""
    recipe = replace(
        training.recipe,
        steps=steps,
        learning_rate=training.recipe.learning_rate / 2,
        schedule="cosine",
        validate_every=max(1, steps // 10),
        **changes,
    )
    return replace(training, finish=(*training.finish, recipe))
