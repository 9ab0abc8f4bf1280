"""How the ×4 network of lessons 07 and 08 is trained: by three losses, and with three heads."""

from dataclasses import replace

from srlib.zoo.recipes.base import METRICS, Training, finished, muon

__all__ = [
    "upsampling_resnet_both",
    "upsampling_resnet_perceptual",
    "upsampling_resnet_pixel",
    "upsampling_resnet_subpixel",
    "upsampling_resnet_transposed",
]

# VGG's squared maps are some 10⁵ times as large as pixel errors.
FEATURE_WEIGHT = 5e-5


def upsampling_resnet_pixel(scale: int, profile: str = "full") -> Training:
    """Train the network with resize-convolutions on the mean absolute error of pixels.

    Two CPU cores reach 31.11 dB on Set5 ×4 from `TRAINING_SETS` in a quarter of an hour.

    ::

        srlib train upsampling_resnet_pixel --scale 4 --profile full
    """
    return _head(profile, scale, head="resize")


def upsampling_resnet_transposed(scale: int, profile: str = "full") -> Training:
    """Train transposed convolutions of 3×3 and stride 2 behind the body of the pixel network.

    ::

        srlib train upsampling_resnet_transposed --scale 4 --profile full
    """
    return _head(profile, scale, head="transposed")


def upsampling_resnet_subpixel(scale: int, profile: str = "full") -> Training:
    """Train sub-pixel convolutions behind the body of the pixel network.

    ::

        srlib train upsampling_resnet_subpixel --scale 4 --profile full
    """
    return _head(profile, scale, head="subpixel")


def upsampling_resnet_perceptual(scale: int, profile: str = "full") -> Training:
    """Train further, from the weights of `upsampling_resnet_pixel`, on feature maps alone.

    Johnson, Alahi and Fei-Fei, ECCV 2016, take relu2_2 of VGG-16 for super-resolution; here it is
    that of VGG-19, whose weights `srlib.losses.features.vgg19` must find. Features hardly see a
    colour that is a little off: on BSD100 it was 1.6 gray levels. So a little of the pixel loss
    finishes.

    ::

        srlib train upsampling_resnet_perceptual --scale 4 --profile full
    """
    return _content(profile, scale, pixel_weight=0)


def upsampling_resnet_both(scale: int, profile: str = "full") -> Training:
    """Train further, from the weights of `upsampling_resnet_pixel`, on pixels and feature maps.

    On BSD100 VGG-19's distance ends 14 % below that of the pixel network, and the PSNR 0.46 dB. Two
    CPU cores take 26 minutes. Half the steps at a fifth of the weight gave 13 %.

    ::

        srlib train upsampling_resnet_both --scale 4 --profile full
    """
    return _content(profile, scale, pixel_weight=1)


def _head(profile, scale, *, head):
    """The other heads take over the body of the network that has resize-convolutions."""
    alone = profile != "full" or head == "resize"
    training = muon(
        profile,
        full_steps=6000 if head == "resize" else 2500,
        course_steps=300,
        batch_size=8,
        patch_size=72 // scale,
        start=None if alone else ("upsampling_resnet_pixel", scale),
    )
    return replace(
        training, architecture="upsampling_resnet", options={"head": head}, metrics=METRICS
    )


def _content(profile, scale, *, pixel_weight):
    """From the pixel network's weights in the full profile; the others have none to start from."""
    full = profile == "full"
    training = muon(
        profile,
        full_steps=6000 if pixel_weight else 2500,
        course_steps=300,
        batch_size=4 if full else 8,
        patch_size=104 // scale if full else 72 // scale,
        start=("upsampling_resnet_pixel", scale) if full else None,
    )
    recipe = replace(
        training.recipe,
        learning_rate=5e-4,
        pixel_weight=pixel_weight,
        perceptual_weight=FEATURE_WEIGHT,
        features="vgg19" if full else "student",
    )
    training = replace(training, recipe=recipe, architecture="upsampling_resnet", metrics=METRICS)
    only_features = full and not pixel_weight
    return finished(training, steps=800, pixel_weight=0.5) if only_features else training
