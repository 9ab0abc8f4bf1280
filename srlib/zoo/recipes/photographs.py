"""How the network for photographs as they come is trained: on what happens to them on their way."""

from dataclasses import replace

from srlib.zoo.recipes.base import Training, muon

__all__ = ["photo"]


def photo(scale: int, profile: str = "full") -> Training:
    """Train a smaller EDSR for photographs as they come: compressed, noisy, a little blurred.

    Its LR images are made by the degradations `srlib.degradation` calls ``"mixed"``, six of each
    photograph. A network that must bear them gives away some sharpness on clean images. Blocks and
    filters are such that it has 439,107 parameters at ×2 and at ×4.

    ::

        srlib train photo --scale 2 --profile full
        srlib evaluate photo edsr bicubic --lr-kernel jpeg-70 --set Set14 --set BSD100
    """
    training = muon(
        profile,
        full_steps=30_000 if scale == 2 else 12_000,
        course_steps=400,
        batch_size=8,
        patch_size=48 if scale == 2 else 32,
        learning_rate=2e-3,
        validations=30,
        start=("photo", 2) if profile == "full" and scale > 2 else None,
        finish_steps=(10_000 if scale == 2 else 5000,),
    )
    return replace(
        training,
        architecture="edsr",
        options={"blocks": 6 if scale == 4 else 8, "filters": 48},
        lr_kernel="mixed",
        copies=6 if profile == "full" else 2,
        halve_jpeg=True,
    )
