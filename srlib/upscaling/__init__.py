"""One image larger, by a network or a classical kernel."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "output": ["check_output", "tell_dropped"],
        "prediction": ["INTERPOLATIONS", "check_method", "predict", "upscale"],
    },
)
