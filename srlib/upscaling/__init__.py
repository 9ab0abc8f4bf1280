"""One image larger, by a network or a classical kernel; any file, any number, and video."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "batch": ["upscale_many"],
        "clips": ["VideoError", "is_video_name"],
        "export": ["EXPORT_FORMATS", "PRECISIONS", "check_export", "export"],
        "files": ["Upscaled", "upscale_file"],
        "output": ["check_output"],
        "photographs": ["Networks", "networks_of"],
        "planning": ["TEMPLATE"],
        "prediction": ["INTERPOLATIONS", "check_method", "predict", "predict_bands", "upscale"],
        "video": ["upscale_video", "video_out"],
    },
)
