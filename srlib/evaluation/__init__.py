"""What methods are worth: metrics under a stated protocol, tables, statistics, blind ratings."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "auditing": ["audit"],
        "cases": ["METRICS"],
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
        "ratings": [
            "PHOTOGRAPH",
            "Ratings",
            "SPOILT",
            "agreement",
            "binomial_power",
            "bradley_terry",
            "catch_trials",
            "mean_opinion",
            "pairs_needed",
            "rate",
            "rating_plan",
            "read_ratings",
            "write_ratings",
        ],
        "statistics": ["paired_difference"],
        "textures": ["texture_distance"],
        "tables": ["evaluate", "join", "published", "summary"],
    },
)
