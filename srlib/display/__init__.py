"""What a cell of a lesson shows: claims, pictures, sliders, charts, controls and quizzes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"markup"},
    submod_attrs={
        "charts": ["chart", "use_style"],
        "claims": ["CLAIM_TYPE", "ClaimError", "claim"],
        "controls": ["explore", "is_live"],
        "pictures": ["Picture", "compare", "gallery"],
        "quizzes": ["quiz"],
    },
)
