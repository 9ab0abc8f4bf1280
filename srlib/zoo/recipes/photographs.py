"""How the network for photographs as they come is trained: on what happens to them on their way."""

from dataclasses import replace

from srlib.zoo.recipes.base import Training, muon

__all__ = ["photo"]


def photo(scale: int, profile: str = "full") -> Training:
    """Train a smaller EDSR for photographs as they come: compressed, noisy, a little blurred.

    Its LR images are made by the degradations `srlib.degradation` calls ``"mixed"``, four of each
    photograph. A network that must bear them gives away some sharpness on clean images. Blocks and
    filters are such that it has 439,107 parameters at ×2 and at ×4. Two CPU cores that did other
    work beside took 35 minutes for ×2, and a quarter of an hour more for ×4. On Set14 as JPEG of
    quality 70 that is 0.67 dB at ×2 and 0.39 dB at ×4 above EDSR; on clean LR images, 0.70 dB and
    0.52 dB below it.

    ::

        srlib train photo --scale 2 --profile full
        srlib evaluate photo edsr bicubic --lr-kernel jpeg-70 --set Set14 --set BSD100
    """
    training = muon(
        profile,
        full_steps=16_000 if scale == 2 else 6000,
        course_steps=400,
        batch_size=8,
        patch_size=32 if scale == 2 else 24,
        learning_rate=2e-3,
        start=("photo", 2) if profile == "full" and scale > 2 else None,
        finish_steps=(2500 if scale == 2 else 1500,),
    )
    return replace(
        training,
        architecture="edsr",
        options={"blocks": 6 if scale == 4 else 8, "filters": 48},
        lr_kernel="mixed",
        copies=4 if profile == "full" else 2,
        halve_jpeg=True,
    )
