"""Blind ratings: what is asked, readers' files, and what many answers say together."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "agreement": ["agreement"],
        "design": ["PHOTOGRAPH", "SPOILT", "rating_plan"],
        "files": ["ANSWERS", "Ratings", "read_ratings", "write_ratings"],
        "opinions": ["mean_opinion"],
        "power": ["binomial_power", "pairs_needed"],
        "preferences": ["bradley_terry", "catch_trials"],
        "widget": ["rate"],
    },
)
