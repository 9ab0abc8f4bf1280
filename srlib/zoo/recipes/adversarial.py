"""How SRGAN is trained: from the weights of SRResNet, against a discriminator."""

from dataclasses import replace

from srlib.training import GANRecipe
from srlib.zoo.recipes.base import METRICS, Training, muon
from srlib.zoo.recipes.upsampling import FEATURE_WEIGHT

__all__ = ["srgan"]


def srgan(scale: int, profile: str = "full") -> Training:
    """Train SRResNet further on pixels, on feature maps and against a discriminator.

    Ledig et al., CVPR 2017: 10⁵ steps of 16 crops of 96 pixels at a rate of 10⁻⁴ and as many at
    10⁻⁵, on VGG-19's relu5_4 (or relu2_2) and 10⁻³ of the adversarial loss. Here it is relu2_2, as
    in `upsampling_resnet_both`, with the pixel loss beside it, which keeps colours where they are.

    Without `blur` the content loss taught the pixel shuffle a grid of 1.2 gray levels. The weights
    are a choice: with 2·10⁻⁵ of the content and 0.05 of the adversary textures were freer, but
    further from the photograph's in VGG-19's features than SRResNet's are. With these, VGG-19's
    distance on BSD100 ends 10 % below SRResNet's, and PSNR 0.43 dB. Two CPU cores take a quarter of
    an hour, and the discriminator is ahead in the end.

    ::

        srlib train srgan --scale 4 --profile full
    """
    full = profile == "full"
    training = muon(
        profile,
        full_steps=1000,
        course_steps=60,
        batch_size=4,
        patch_size=96 // scale,
        start=("srresnet", scale) if full else None,
    )
    steps = 1800 if full else training.recipe.steps
    generator = replace(
        training.recipe,
        steps=steps,
        optimizer="adam",
        learning_rate=2e-4,
        perceptual_weight=FEATURE_WEIGHT,
        features="vgg19" if full else "student",
        ema=0.99,
        validate_every=max(1, steps // 12),
    )
    pretraining = replace(training.recipe, learning_rate=5e-4)
    return replace(
        training,
        architecture="srgan_generator",
        options={"blur": True},
        recipe=GANRecipe(generator, pretraining, adversarial_weight=0.03),
        metrics=METRICS,
    )
