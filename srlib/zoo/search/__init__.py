"""Architecture search: spaces of networks, studies that survive a kill, and what they find."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "fronts": ["course_table", "flat", "front", "hypervolume"],
        "running": ["BRIEF", "run_search", "search_pairs", "try_point"],
        "space": ["SPACES", "check_space", "points", "prospects", "read_space"],
        "study": ["SAMPLERS", "results"],
    },
)
