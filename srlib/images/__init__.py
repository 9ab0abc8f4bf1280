"""Arrays and the files they come from: colour, degradations, and files that are whole or absent.

In all of `srlib` an *image* is a uint8 array (H, W, 3), RGB, and a *batch* is a float32 array
(N, H, W, 3) in [0, 1].
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["keras_settings"],
    submod_attrs={
        "arrays": ["check_image", "middle", "modcrop", "to_batch", "to_image", "to_samples"],
        "atomic": ["atomic_folder", "atomic_path", "check_writable", "sha256", "write_json"],
        "color": ["GRAY", "from_linear", "luma", "to_linear"],
        "degradations": [
            "Blur",
            "Degradation",
            "Jpeg",
            "KERNELS",
            "Noise",
            "Pair",
            "Photons",
            "Resize",
            "WebP",
            "check_degradation",
            "check_kernel",
            "check_scale",
            "degradation",
            "degrade",
            "downscale",
            "gaussian_kernel",
            "interpolate",
            "make_pair",
            "resize",
        ],
        "files": ["is_whole", "read_image", "read_photo", "read_samples", "write_png"],
        "metadata": ["Metadata", "read_metadata", "software_of"],
        "samples": ["Kind", "Samples", "stacked"],
        "silence": ["silence"],
        "writing": [
            "OUTPUT_SUFFIXES",
            "check_format",
            "check_holds",
            "write_bands",
            "write_samples",
        ],
        "formats": [
            "HEIF_SUFFIXES",
            "IMAGE_SUFFIXES",
            "ImageError",
            "is_image_name",
            "one_line",
            "printable",
            "tell",
        ],
    },
)
