"""How the networks that are trained on pixels alone are trained: a function per network."""

from dataclasses import replace

from srlib.training import Recipe
from srlib.zoo.recipes.base import BUNDLED_AND_SYNTHETIC, METRICS, Training, muon

__all__ = [
    "edsr",
    "encoder_decoder",
    "fsrcnn",
    "residual_add",
    "residual_concat",
    "rgb_residual",
    "srcnn",
    "srresnet",
    "tiny",
    "vdsr",
]


def srcnn(scale: int, profile: str = "full") -> Training:
    """Train SRCNN as far as twenty minutes on two CPU cores go.

    Dong, Loy, He and Tang, TPAMI 2016, trained on luma by gradient descent for 8·10⁸ backward
    passes. Muon, which equalises the directions of each update, comes within 0.1 to 0.4 dB of the
    published PSNR in 80,000 updates of four RGB patches.

    ::

        srlib train srcnn --scale 2 --profile full

    =========  =========================  =====================
    profile    photographs                two CPU cores
    =========  =========================  =====================
    smoke      course-train               seconds
    course     course-train, dead-leaves  a minute
    full       T91, BSDS500-train         fifteen to twenty minutes
    =========  =========================  =====================

    HR patches have 64 pixels a side, or a little less, whatever the scale. The scores expected of
    the full profile are on the cards of the shipped weights.
    """
    patch_size = 64 // scale
    if profile == "smoke":
        return Training(Recipe(steps=10, patch_size=patch_size, batch_size=4), ("course-train",))
    muon = Recipe(
        steps=80_000 if profile == "full" else 3000,
        batch_size=4,
        patch_size=patch_size,
        optimizer="muon",
        learning_rate=3e-3,
        precision="auto",
        validate_every=1000,
    )
    if profile == "course":
        return Training(muon, BUNDLED_AND_SYNTHETIC)
    return Training(muon, ("T91", "BSDS500-train"))


def fsrcnn(scale: int, profile: str = "full") -> Training:
    """Train FSRCNN, which is so small that a step costs little more than Keras itself.

    Dong, Loy and Tang, ECCV 2016: 37.00 dB on Set5 ×2 from 91 images and 100 photographs more. Two
    CPU cores reach 36.92 dB from `TRAINING_SETS` in twelve minutes.

    ::

        srlib train fsrcnn --scale 2 --profile full
    """
    return muon(profile, full_steps=15_000, course_steps=2000, batch_size=8, patch_size=64 // scale)


def tiny(scale: int, profile: str = "full") -> Training:
    """Train the browser's network; ×3 and ×4 start from the weights of ×2.

    Four times the rate of the larger networks suits one so small: after 900 steps of 8 patches it
    was 0.27 dB better than at theirs, and at eight times it fell behind. Two CPU cores that did
    other work beside reach 37.20 dB on Set5 at ×2 and 30.61 dB at ×4 from `TRAINING_SETS`, in an
    hour and a quarter and in twenty minutes more.

    ::

        srlib train tiny --scale 2 --profile full
    """
    return muon(
        profile,
        full_steps=40_000 if scale == 2 else 15_000,
        course_steps=2000,
        batch_size=8,
        patch_size=64 // scale,
        learning_rate=4e-3,
        start=("tiny", 2) if profile == "full" and scale > 2 else None,
        finish_steps=(10_000 if scale == 2 else 5000,),
    )


def vdsr(scale: int, profile: str = "full") -> Training:
    """Train VDSR by Muon, which needs neither the paper's rate of 0.1 nor its clipping.

    Kim, Lee and Lee, CVPR 2016: 37.53 dB on Set5 ×2 after 80 epochs of 291 images. Two CPU cores
    reach 37.35 dB from `TRAINING_SETS` in half an hour.

    ::

        srlib train vdsr --scale 2 --profile full
    """
    return muon(
        profile,
        full_steps=7500,
        course_steps=250,
        batch_size=4,
        patch_size=48 // scale,
        schedule="restart",
        finish_steps=(3000,),
    )


def residual_concat(scale: int, profile: str = "full") -> Training:
    """Train the network of concatenated blocks.

    JoshVEvans's project reports 37.50 dB ×2 after 15 hours on a graphics card, without a protocol.
    Two CPU cores reach 37.37 dB on Set5 from `TRAINING_SETS` in half an hour.

    ::

        srlib train residual_concat --scale 2 --profile full
    """
    return muon(
        profile,
        full_steps=5000,
        course_steps=120,
        batch_size=4,
        patch_size=48 // scale,
        schedule="restart",
        finish_steps=(1500,),
    )


def residual_add(scale: int, profile: str = "full") -> Training:
    """Train the network of fifty convolutions as far as a few minutes go on a CPU.

    JoshVEvans's project reports 37.95 dB ×2 after 23 hours on a graphics card, without a protocol.
    Two CPU cores reach 37.22 dB on Set5 from `TRAINING_SETS` in twelve minutes.

    ::

        srlib train residual_add --scale 2 --profile full
    """
    return muon(
        profile,
        full_steps=1500,
        course_steps=30,
        batch_size=4,
        patch_size=48 // scale,
        validations=2,  # each takes as long as a hundred steps
    )


def edsr(scale: int, profile: str = "full") -> Training:
    """Train EDSR-baseline; ×3 and ×4 start from the weights of ×2, as in the paper.

    Lim, Son, Kim, Nah and Lee, CVPRW 2017: 300,000 steps of 16 patches of DIV2K on a graphics card
    give 37.99 dB on Set5 ×2 and 32.09 dB at ×4. Two CPU cores reach 37.51 dB from `TRAINING_SETS`
    in an hour and forty minutes. At ×4 half an hour more reached 31.33 dB; that run started from
    the weights that ×2 had before its last two stages.

    ::

        srlib train edsr --scale 2 --profile full
    """
    return muon(
        profile,
        full_steps=30_000 if scale == 2 else 9000,
        course_steps=400,
        batch_size=4,
        patch_size=32 if scale == 2 else 24,
        schedule="cosine" if scale == 2 else "restart",
        start=("edsr", 2) if profile == "full" and scale > 2 else None,
        finish_steps=(7000, 10_000) if scale == 2 else (1500,),
    )


def encoder_decoder(scale: int, profile: str = "full") -> Training:
    """Train the counter-example for a minute or two, not to its end: it is far below bicubic then.

    A public project trained it on 6,000 photographs of Linnaeus 5 and showed its best results only.
    Two CPU cores reach 18.46 dB on Set5 ×2 from `TRAINING_SETS` in two minutes.

    ::

        srlib train encoder_decoder --scale 2 --profile full
    """
    training = muon(profile, full_steps=700, course_steps=200, batch_size=4, patch_size=64 // scale)
    # As in that project: Muon left it at 16 dB on Set5 after 300 steps.
    return replace(training, recipe=replace(training.recipe, optimizer="adam"))


def rgb_residual(scale: int, profile: str = "full") -> Training:
    """Train the network whose blocks hand on nothing but an RGB image, for a minute or two.

    A public capstone project reports 39.1 dB, a mean of the PSNRs of single pixels that it was
    trained on. Two CPU cores reach 35.65 dB on Set5 ×2 from `TRAINING_SETS` in a minute and a half.

    ::

        srlib train rgb_residual --scale 2 --profile full
    """
    return muon(profile, full_steps=600, course_steps=400, batch_size=4, patch_size=64 // scale)


def srresnet(scale: int, profile: str = "full") -> Training:
    """Train SRGAN's generator on pixels alone, which is SRResNet, and what SRGAN starts from.

    Ledig et al., CVPR 2017: 10⁶ steps of Adam on the squared error of 16 crops of 96 pixels give
    32.05 dB on Set5 ×4. Here it is Muon and the absolute error, as for the other networks, and
    larger batches in the end, as for `edsr`. Two CPU cores reach 31.40 dB on Set5 and 27.29 dB on
    BSD100 from `TRAINING_SETS` in half an hour.

    ::

        srlib train srresnet --scale 4 --profile full
    """
    training = muon(
        profile,
        full_steps=7000,
        course_steps=300,
        batch_size=4,
        patch_size=96 // scale,
        finish_steps=(1500,),
    )
    return replace(training, architecture="srgan_generator", metrics=METRICS)
