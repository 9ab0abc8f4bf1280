"""How SRGAN is trained, from the weights of SRResNet: by features first, then by an adversary."""

from dataclasses import replace

from srlib.gan_recipe import GANRecipe
from srlib.recipes.base import METRICS, Training, muon
from srlib.recipes.upsampling import FEATURE_WEIGHT

__all__ = ["srgan"]


def srgan(scale: int, profile: str = "full") -> Training:
    """Train SRResNet further on pixels and feature maps, and then against a discriminator, too.

    Ledig et al., CVPR 2017: 10⁵ steps of 16 crops of 96 pixels at a rate of 10⁻⁴ and as many at
    10⁻⁵, on VGG-19's relu5_4 (or relu2_2) and 10⁻³ of the adversarial loss. Here it is relu2_2, as
    in `upsampling_resnet_both`, with the pixel loss beside it, which keeps colours where they are.

    ::

        srlib train srgan --scale 4 --profile full
    """
    full = profile == "full"
    training = muon(
        profile,
        full_steps=3000,
        course_steps=60,
        batch_size=4,
        patch_size=96 // scale,
        start=("srresnet", scale),
    )
    content = replace(
        training.recipe,
        learning_rate=5e-4,
        perceptual_weight=FEATURE_WEIGHT,
        features="vgg19" if full else "student",
    )
    steps = {"smoke": 2, "course": 60, "full": 1500}[profile]
    adversarial = replace(
        content,
        steps=steps,
        optimizer="adam",
        learning_rate=1e-4,
        schedule="cosine",
        ema=0.99,
        validate_every=max(1, steps // 10),
    )
    return replace(
        training,
        start=("srresnet", scale),
        architecture="srgan_generator",
        recipe=content,
        finish=GANRecipe(adversarial, adversarial_weight=5e-3),
        metrics=METRICS,
    )
