"""What must be known about a measurement before it may be compared with another."""

from dataclasses import asdict, dataclass

import numpy as np

from srlib.images import GRAY, KERNELS, check_degradation, degradation, luma

__all__ = ["Protocol"]


@dataclass(frozen=True)
class Protocol:
    """What must be known before two PSNRs may be compared.

    The default is the one of the super-resolution literature: low-resolution images by antialiased
    bicubic, super-resolved images rounded to 8 bits, only the Y channel of BT.601, as many pixels
    cropped on each side as the scale, peak 255.

    Parameters
    ----------
    color
        ``"y"`` compares luma, ``"rgb"`` all three channels. A gray truth (H, W) is compared as it
        is under both, since the studio range of luma would squeeze its contrast.
    crop
        Pixels left out on each side, or ``"scale"`` for as many as the scale.
    lr_kernel
        What made the LR image: one of `srlib.KERNELS`, or the name of another degradation, such as
        ``"jpeg-70"``; see `srlib.degradation`.
    quantised
        Whether the SR image is clipped and rounded to 8 bits first, as a saved file would be.
    """

    color: str = "y"
    crop: int | str = "scale"
    lr_kernel: str = "bicubic"
    quantised: bool = True

    def __post_init__(self):
        if self.color not in ("y", "rgb"):
            raise ValueError(f"unknown color {self.color!r}; choose one of y, rgb")
        if self.crop != "scale" and not (isinstance(self.crop, int) and self.crop >= 0):
            raise ValueError(f"crop must be a number of pixels or 'scale', not {self.crop!r}")
        check_degradation(self.lr_kernel)

    def __str__(self):
        color = {"y": "BT.601 luma", "rgb": "RGB"}[self.color]
        crop = "scale" if self.crop == "scale" else f"{self.crop} px"
        bits = "8-bit" if self.quantised else "unrounded"
        mixed = self.lr_kernel == "mixed"
        made = "the mixed degradations" if mixed else degradation(self.lr_kernel)
        return f"{color}, crop {crop}, LR by {made} (Pillow), {bits} SR"

    @property
    def kernel(self) -> str:
        """The kernel alone by which an SR image is made as small as its LR image."""
        return self.lr_kernel if self.lr_kernel in KERNELS else "bicubic"

    def as_dict(self) -> dict:
        """The fields as plain values, for a JSON card."""
        return asdict(self)

    def planes(self, hr: np.ndarray, sr: np.ndarray, scale: int) -> tuple[np.ndarray, np.ndarray]:
        """The two arrays that a metric compares, float64 in 0–255, cropped.

        Parameters
        ----------
        hr
            The truth, uint8 (H, W, 3), or (H, W) if it is gray.
        sr
            The image to judge (H, W, 3): uint8, or floating point in [0, 1].
        scale
            The scale, which sets the crop.
        """
        if hr.dtype != np.uint8:
            raise TypeError(f"HR must be uint8, not {hr.dtype}")
        if hr.shape[:2] != sr.shape[:2] or sr.shape[2:] != (3,):
            raise ValueError(
                f"HR has shape {hr.shape} but SR has {sr.shape}; SR must be (H, W, 3) of HR's size"
            )
        if np.issubdtype(sr.dtype, np.floating):
            sr = sr.astype(np.float64) * 255
            if self.quantised:
                sr = np.round(np.clip(sr, 0, 255))
        elif sr.dtype != np.uint8:
            raise TypeError(f"SR must be uint8, or float in [0, 1], not {sr.dtype}")
        if hr.ndim == 2:
            sr = sr @ GRAY
        elif self.color == "y":
            hr, sr = luma(hr), luma(sr)
        border = scale if self.crop == "scale" else self.crop
        height, width = hr.shape[:2]
        if min(height, width) <= 2 * border:
            raise ValueError(f"nothing is left of {width}×{height} pixels after cropping {border}")
        inside = np.s_[border : height - border, border : width - border]
        return hr[inside].astype(np.float64), sr[inside].astype(np.float64)
