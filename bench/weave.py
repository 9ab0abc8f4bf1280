"""What teaches a network a weave: one factor at a time, from one start, by as many steps.

    python bench/weave.py SEED [SEED ...]

`upsampling_resnet_pixel` ×4 goes on for 300 steps on features alone, as the recipe of
`upsampling_resnet_perceptual` begins; every other row differs from that one in what its name says.
All are measured on ten training photographs that are held out (from these steps: the start has seen
them), by what `srgan_terms` measures. VGG-19's features are needed, up to its third block. A
seed is nine trainings.
"""

import sys
from dataclasses import replace
from functools import partial

import keras
import pandas as pd
from srgan_terms import SCALE, measured, photographs

import srlib
from srlib.losses.features import FEATURES, vgg19

STEPS = 300
FEATURES |= {
    "average": partial(vgg19, pooling="average"),
    "block1": partial(vgg19, layers=["block1_conv2"]),
    "block3": partial(vgg19, layers=["block3_conv4"]),
}
# What is changed of the recipe, and whose weights are the start.
FACTORS = {
    "features": ({}, "pixel"),
    "pixels instead": ({"pixel_weight": 1, "perceptual_weight": 0}, "pixel"),
    "pixels beside": ({"pixel_weight": 1}, "pixel"),
    "average pooling": ({"features": "average"}, "pixel"),
    "no pooling: block1_conv2": ({"features": "block1"}, "pixel"),
    "deeper: block3_conv4": ({"features": "block3"}, "pixel"),
    "Adam at 0.0001": ({"optimizer": "adam", "learning_rate": 1e-4}, "pixel"),
    "sub-pixel head": ({}, "subpixel"),
    "sub-pixel head, pixels": ({"pixel_weight": 1, "perceptual_weight": 0}, "subpixel"),
}


def trained(recipe, changes, start, seed, pairs):
    """A shipped network after the recipe's steps, some of whose fields are changed."""
    keras.utils.set_random_seed(seed)
    network = srlib.load(f"upsampling_resnet_{start}", SCALE)
    srlib.train(network, pairs, replace(recipe, seed=seed, **changes))
    return network


def main() -> None:
    """Train and measure each row by each seed; then the means, and the range of the weave."""
    training = srlib.recipe_for("upsampling_resnet_perceptual", SCALE)
    recipe = replace(training.recipe, steps=STEPS, validate_every=STEPS)
    pairs, validation = photographs(training, "BSDS500-train")
    starts = {s: srlib.load(f"upsampling_resnet_{s}", SCALE) for s in ("pixel", "subpixel")}
    print(measured(starts, validation).to_string(), flush=True)
    rows = []
    for seed in map(int, sys.argv[1:]):
        for name, (changes, start) in FACTORS.items():
            network = trained(recipe, changes, start, seed, pairs)
            rows.append(measured({name: network}, validation).loc[[name]].assign(seed=seed))
            print(rows[-1].to_string(header=len(rows) == 1), flush=True)
    of_each = pd.concat(rows).drop(columns="seed").groupby(level=0, sort=False)
    means = of_each.mean().assign(**{"weave from": of_each["weave"].min()})
    print(means.assign(to=of_each["weave"].max()).round(3).to_string())


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit("Say which seeds: python bench/weave.py 0 1 2")
    main()
