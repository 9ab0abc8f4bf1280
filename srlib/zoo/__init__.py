"""Trained networks: weights with cards, the recipes they were made by, and how they compare."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "agreement": ["agreement", "benchmark_agreement"],
        "cards": ["available", "card", "measure", "save", "verify"],
        "comparison": ["comparison"],
        "distillation": ["run_distillation"],
        "listing": ["GOOD_FOR", "listing", "networks"],
        "loading": ["is_network_file", "load"],
        "recipes": ["RECIPES", "recipe_for"],
        "runs": ["run_recipe", "take_over"],
        "search": ["SPACES", "front", "hypervolume", "results", "run_search"],
    },
)
