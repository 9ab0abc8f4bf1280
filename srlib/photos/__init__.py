"""Photo sets by name: bundled with packages, drawn by a formula, downloaded, or a folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "collection": ["collect"],
        "downloads": ["DownloadError", "download"],
        "sets": [
            "BUNDLED",
            "FILELESS",
            "Photo",
            "data_root",
            "left_out",
            "photo_files",
            "photo_sets",
            "photos",
            "present",
            "readers",
        ],
        "sources": ["SOURCES"],
        "synthetic": ["dead_leaves", "twill"],
    },
)
