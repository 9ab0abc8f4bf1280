"""What methods are worth on photographs: metrics under a stated protocol, tables, statistics."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "auditing": ["audit"],
        "distortions": ["DISTORTIONS"],
        "metrics": [
            "Protocol",
            "checkerboard",
            "color_shift",
            "consistency",
            "detail",
            "flat_deviation",
            "ms_ssim",
            "psnr",
            "ssim",
            "weave",
        ],
        "naturalness": ["unnaturalness"],
        "statistics": ["paired_difference"],
        "textures": ["texture_distance"],
        "tables": ["METRICS", "evaluate", "join", "published", "summary"],
    },
)
