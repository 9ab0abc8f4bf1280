"""How SRGAN is trained: from the weights of EDSR, against a discriminator."""

from dataclasses import replace

from srlib.training import GANRecipe
from srlib.zoo.recipes.base import METRICS, Training, muon

__all__ = ["srgan"]


def srgan(scale: int, profile: str = "full") -> Training:
    """Train EDSR further on pixels and against a discriminator of patches.

    Ledig et al., CVPR 2017: 10⁵ steps of 16 crops of 96 pixels at a rate of 10⁻⁴ and as many at
    10⁻⁵, on VGG-19's relu5_4 (or relu2_2) and 10⁻³ of the adversarial loss. Two CPU cores have
    minutes. So the generator is EDSR-baseline, which is SRResNet without its batch normalisation;
    the discriminator is one that learns within dozens of steps, at five times the generator's rate;
    and there are no features, since shallow ones teach a network a weave long before an adversary
    has taught it a texture. The pixel loss keeps colours and contours where they are. The spectra
    ask for as much detail as the photograph has, the adversary for detail that looks like it:
    ``python bench/srgan_terms.py`` trains with one, the other, both and neither.

    How long to play is a choice. By the adversary alone a weave, which `srlib.weave` sees, comes
    between 1,000 and 2,000 steps; with the spectra the textures are there before it. Both weights
    were chosen on training photographs that were held out. Of 900, 1,000 and 1,200 steps, 900 are
    the most after which places that are flat in a photograph of BSD100 are at most one and a half
    times as restless: 1.46 times, where 1,000 have 1.52; textures have 0.18, 0.16 and 0.13 of the
    distance that bicubic interpolation leaves.

    ::

        srlib train srgan --scale 4 --profile full
    """
    full = profile == "full"
    training = muon(
        profile,
        full_steps=900,
        course_steps=60,
        batch_size=8 if full else 4,
        patch_size=96 // scale,
    )
    steps = training.recipe.steps
    generator = replace(
        training.recipe,
        optimizer="adam",
        learning_rate=2e-4,
        ema=0.998 if full else 0.99,
        validate_every=max(1, steps // 12),
    )
    return replace(
        training,
        start=("edsr", scale),
        architecture="edsr",
        photo_sets=("BSDS500-train", "Photos24") if full else training.photo_sets,
        recipe=GANRecipe(
            generator,
            adversarial_weight=0.25,
            spectral_weight=0.2,
            discriminator_learning_rate=1e-3,
        ),
        metrics=(*METRICS, "weave", "flat_deviation"),
    )
