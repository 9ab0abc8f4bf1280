"""What each term of SRGAN's recipe does: the same start, steps and photographs, one term at a time.

    python bench/srgan_terms.py [SEED ...]

EDSR ×4 goes on by pixels alone, with the spectra, with the adversary, and with both, as
``srlib train srgan`` does, and is measured on ten training photographs that are held out (from
these steps: EDSR, from which all start, has seen them). Each takes five minutes on two free cores.
Before, and alone where no SEED is given, the networks as shipped are measured on BSD100, if it is
at hand. The texture distance takes VGG-19's features, or the student's without them.
"""

import sys
from dataclasses import replace

import keras
import numpy as np
import pandas as pd

import srlib
from srlib.losses.features import has_weights
from srlib.photos import present
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


def measured(networks, pairs):
    """A row for each network: means over the images, and the texture of all as bicubic's share."""
    features = "vgg19" if has_weights("vgg19") else "student"
    hrs = [pair.hr for pair in pairs]
    bicubic = [srlib.interpolate(pair.lr, SCALE) for pair in pairs]
    unit = srlib.texture_distance(hrs, bicubic, features=features)
    made = {n: [srlib.upscale(pair.lr, net) for pair in pairs] for n, net in networks.items()}
    rows = {}
    for name, srs in (made | {"the photographs": hrs}).items():
        two = list(zip(hrs, srs, strict=True))
        weaves = [srlib.weave(hr, sr) for hr, sr in two]
        rows[name] = {
            "PSNR, dB": np.mean([srlib.psnr(hr, sr, scale=SCALE) for hr, sr in two]),
            f"texture ({features})": srlib.texture_distance(hrs, srs, features=features) / unit,
            "weave": np.mean(weaves),
            "its median": np.median(weaves),
            "flat places": np.nanmean([srlib.flat_deviation(hr, sr) for hr, sr in two]),
            "color shift": np.mean([srlib.color_shift(hr, sr) for hr, sr in two]),
        }
    return pd.DataFrame(rows).T.round(3)


def main() -> None:
    """Measure the shipped networks on BSD100; then train and measure each set of terms."""
    shipped = {name: srlib.load(name, SCALE) for name in ("edsr", "srgan")}
    if present(["BSD100"]):
        benchmark = [srlib.make_pair(photo.image, SCALE) for photo in srlib.photos("BSD100")]
        print("BSD100", measured(shipped, benchmark).to_string(), sep="\n")
    if not sys.argv[1:]:
        return
    training = srlib.recipe_for("srgan", SCALE)
    pairs, validation = photographs(training, "BSDS500-train")
    print(measured({"EDSR": shipped["edsr"]}, validation).to_string(), flush=True)
    for seed in map(int, sys.argv[1:]):
        for terms in ((), ("spectra",), ("adversary",), ("spectra", "adversary")):
            network = trained(training.recipe, terms, seed, pairs, validation)
            name = f"{' + '.join(('pixels', *terms))}, seed {seed}"
            print(measured({name: network}, validation).to_string(), flush=True)


if __name__ == "__main__":
    main()
