"""What makes a small network good after a brief training: one change at a time, equal LR pixels.

    python bench/training.py [SEED ...]

Each row is a training of its own that sees as many LR pixels as the first one, of which it differs
in what its name says, and is measured on ten training photographs that are held out: an ending at a
hundredth of the first rate, by the schedule, is in all of them. The seconds are those of this
machine, and mean something only where it has nothing else to do. A seed takes a quarter of an hour
on two CPU cores that know bfloat16.
"""

import sys
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pandas as pd
from keras import layers

import srlib
from srlib.networks.layers import PixelShuffle
from srlib.photos import present
from srlib.training import Recipe
from srlib.zoo.runs import training_photographs

SCALE = 2
HELD_OUT = 10
BASE = Recipe(
    steps=600,
    batch_size=8,
    patch_size=32,
    optimizer="muon",
    learning_rate=2e-3,
    loss="mae",
    least_texture=6,
    precision="auto",
    validate_every=600,
)
RECIPES = {
    "EDSR's form, 8 blocks of 48; Muon at 0.002; 8 patches of 32": BASE,
    "half the rate": replace(BASE, learning_rate=1e-3),
    "twice the rate": replace(BASE, learning_rate=4e-3),
    "Adam at 0.0005": replace(BASE, optimizer="adam", learning_rate=5e-4),
    "squared error": replace(BASE, loss="mse"),
    "32 patches of 16": replace(BASE, batch_size=32, patch_size=16),
    "16 patches, 300 steps": replace(BASE, batch_size=16, steps=300, validate_every=300),
    "flat patches, too": replace(BASE, least_texture=0),
    "moving average": replace(BASE, ema=0.99),
    "float32": replace(BASE, precision="float32"),
}


def edsr(blocks, filters):
    """EDSR-baseline's form, smaller."""
    return srlib.build("edsr", SCALE, blocks=blocks, filters=filters)


def span():
    """SPAN (Wan et al., CVPRW 2024), 410,700 parameters, added to the bicubic enlargement.

    Its convolutions are single ones, where the paper trains several that become one.
    """
    lr = keras.Input((None, None, 3))
    start = x = layers.Conv2D(48, 3, padding="same")(lr)
    left = []
    for _ in range(6):
        # Attention begins near zero, and SiLU halves what is small; with Keras's own start the
        # blocks let nothing through for long.
        like = {"padding": "same", "kernel_initializer": keras.initializers.VarianceScaling(4)}
        early = y = layers.Conv2D(48, 3, **like)(x)
        for _ in range(2):
            y = layers.Conv2D(48, 3, **like)(layers.Activation("silu")(y))
        # σ(y) − ½ = ½ tanh(y/2), of which bfloat16 rounds nothing away where y is small.
        attention = layers.Activation("tanh")(layers.Rescaling(0.5)(y))
        x = layers.Multiply()([layers.Add()([x, y]), layers.Rescaling(0.5)(attention)])
        left.append((x, early))
    x = layers.Conv2D(48, 3, padding="same")(x)
    x = layers.Conv2D(48, 1)(layers.Concatenate()([start, x, left[0][0], left[-1][1]]))
    x = layers.Conv2D(3 * SCALE**2, 3, padding="same", kernel_initializer="zeros")(x)
    bicubic = layers.UpSampling2D(SCALE, interpolation="bicubic")(lr)
    return keras.Model(lr, layers.Add()([bicubic, PixelShuffle(SCALE)(x)]))


BASE_BODY = partial(edsr, 8, 48)
PLANS = {name: (BASE_BODY, recipe) for name, recipe in RECIPES.items()} | {
    "16 blocks of 32": (partial(edsr, 16, 32), BASE),
    "4 blocks of 64": (partial(edsr, 4, 64), BASE),
    "SPAN, its best rate of 0.001 and 0.003": (span, replace(BASE, learning_rate=3e-3)),
}


def trained(body, recipe, seed, pairs, validation):
    """A row: PSNR on the photographs held out, seconds, parameters."""
    keras.utils.set_random_seed(seed)
    network = body()
    history = srlib.train(network, pairs, replace(recipe, seed=seed), validation=validation)
    last = history.iloc[-1]
    return {
        "PSNR, dB": last["psnr"],
        "seconds": round(last["seconds"]),
        "parameters": network.count_params(),
    }


def main() -> None:
    """Train and measure each, a seed after the other."""
    sets = present(("BSDS500-train", "SunHays80", "Photos24")) or ["course-train"]
    kept, _ = training_photographs(sets, 96)
    order = np.random.default_rng(0).permutation(len(kept))
    apart = set(order[: min(HELD_OUT, len(kept) // 3)].tolist())
    made = [srlib.make_pair(photo.image, SCALE) for photo in kept]
    pairs = [pair for i, pair in enumerate(made) if i not in apart]
    validation = [made[i] for i in sorted(apart)]
    rows = {}
    for seed in map(int, sys.argv[1:] or ["0"]):
        for name, (body, recipe) in PLANS.items():
            rows[name, seed] = trained(body, recipe, seed, pairs, validation)
            print(name, seed, rows[name, seed], flush=True)
    table = pd.DataFrame(rows).T
    print(table.groupby(level=0, sort=False).mean().round(2).to_string())


if __name__ == "__main__":
    main()
