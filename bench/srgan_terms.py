"""What each term of SRGAN's recipe does: the same start, steps and photographs, one term at a time.

    python bench/srgan_terms.py [SEED ...]

EDSR ×4 goes on by pixels alone, with the spectra, with the adversary, and with both, as
``srlib train srgan`` does, and is measured on ten training photographs that are held out. It needs
the recipe's photographs, and VGG-19's weights for the texture distance, else the student's count.
Some five minutes for each row on two free CPU cores.
"""

import sys
from dataclasses import replace

import keras
import numpy as np
import pandas as pd

import srlib
from srlib.losses.features import has_weights
from srlib.zoo.runs import training_photographs

SCALE = 4
HELD_OUT = 10


def photographs(training, set_of_held_out):
    """Training pairs, and pairs of one set that are held out, the same for every seed."""
    side = training.recipe.patch_size * SCALE
    kept, _ = training_photographs(training.photo_sets, side)
    candidates = [i for i, photo in enumerate(kept) if photo.file.startswith(set_of_held_out)]
    apart = set(np.random.default_rng(0).permutation(candidates)[:HELD_OUT].tolist())
    pairs = [srlib.make_pair(photo.image, SCALE) for photo in kept]
    return [p for i, p in enumerate(pairs) if i not in apart], [pairs[i] for i in sorted(apart)]


def trained(recipe, terms, seed, pairs, validation):
    """EDSR after the recipe's steps with some of its terms."""
    keras.utils.set_random_seed(seed)
    stage = replace(recipe.generator, seed=seed, validate_every=recipe.steps)
    network = srlib.load("edsr", SCALE)
    if not terms:
        srlib.train(network, pairs, stage, validation=validation[:1])
        return network
    game = replace(
        recipe,
        generator=stage,
        spectral_weight=recipe.spectral_weight if "spectra" in terms else 0,
        # As good as none: the discriminator learns, and nobody listens.
        adversarial_weight=recipe.adversarial_weight if "adversary" in terms else 1e-12,
    )
    judge = srlib.patch_discriminator()
    srlib.train_gan(network, judge, pairs, game, validation=validation[:1])
    return network


def main() -> None:
    """Train, measure and print a row of each seed and set of terms."""
    training = srlib.recipe_for("srgan", SCALE)
    pairs, validation = photographs(training, "BSDS500-train")
    hrs = [pair.hr for pair in validation]
    features = "vgg19" if has_weights("vgg19") else "student"
    bicubic = [srlib.interpolate(pair.lr, SCALE) for pair in validation]
    unit = srlib.texture_distance(hrs, bicubic, features=features)

    def measured(srs):
        two = list(zip(hrs, srs, strict=True))
        return {
            "PSNR, dB": np.mean([srlib.psnr(hr, sr, scale=SCALE) for hr, sr in two]),
            "texture": srlib.texture_distance(hrs, srs, features=features) / unit,
            "weave": np.mean([srlib.weave(hr, sr) for hr, sr in two]),
            "flat places": np.nanmean([srlib.flat_deviation(hr, sr) for hr, sr in two]),
            "color shift": np.mean([srlib.color_shift(hr, sr) for hr, sr in two]),
        }

    start = srlib.load("edsr", SCALE)
    rows = {"EDSR": measured([srlib.upscale(pair.lr, start) for pair in validation])}
    for seed in [int(word) for word in sys.argv[1:]] or [0]:
        for terms in ((), ("spectra",), ("adversary",), ("spectra", "adversary")):
            network = trained(training.recipe, terms, seed, pairs, validation)
            srs = [srlib.upscale(pair.lr, network) for pair in validation]
            rows[f"{' + '.join(('pixels', *terms))}, seed {seed}"] = measured(srs)
            print(pd.DataFrame(rows).T.round(3).to_string(), flush=True)


if __name__ == "__main__":
    main()
