"""How much of this machine a step of SRGAN's adversarial training uses.

A step is one update of the generator and one of the discriminator, features included. What counts
as work are the convolutions of all three networks, forwards and backwards; normalisation,
activations, optimisers and moving averages take time as well, but do nothing that counts. The share
is of the speed of the machine's own matrix product in the same precision, in turn in one process.
Without VGG-19's weights the features are the student's. Run it when the machine has nothing else to
do: it takes a minute on two CPU cores.
"""

from dataclasses import replace

import keras
import numpy as np
from networks import PRECISIONS, matrix_product, report_share, seconds_in_turn, share

import srlib
from srlib.losses import compiled
from srlib.losses.features import has_weights
from srlib.networks import computing_in
from srlib.networks.models import srgan_discriminator
from srlib.training.players import Players

SCALE = 4


def flops(network, side):
    """Operations of the convolutions for one image whose side is `side`: two for each product."""
    sized = keras.models.clone_model(network, keras.Input((side, side, 3)))
    convolutions = [layer for layer in sized.layers if isinstance(layer, keras.layers.Conv2D)]
    return 2 * sum(
        layer.kernel.shape.num_elements() * layer.output.shape[1] * layer.output.shape[2]
        for layer in convolutions
    )


def adversarial_step(precision):
    """The share that a step of the recipe reaches."""
    training = srlib.recipe_for("srgan", SCALE, "full" if has_weights("vgg19") else "course")
    stage = replace(training.recipe.generator, precision=precision)
    recipe = replace(training.recipe, generator=stage)
    generator = srlib.build(training.architecture, SCALE, **training.options)
    discriminator = srgan_discriminator()
    features = stage.build_features()
    players = Players(generator, discriminator, recipe, features)
    step = compiled(players.step, players.state)
    rng = np.random.default_rng(0)
    lr = rng.random((stage.batch_size, stage.patch_size, stage.patch_size, 3), np.float32)
    hr = lr.repeat(SCALE, 1).repeat(SCALE, 2)
    mix = rng.random((stage.batch_size, 1, 1, 1), np.float32)
    with computing_in(precision, generator), computing_in(precision, discriminator):
        seconds = seconds_in_turn(
            {"step": lambda: step(lr, hr, mix), "product": matrix_product(precision)}
        )
    # Going back takes as much again for the gradient of the input, and as much for the kernel's.
    # The generator's step goes through all: its own kernels learn, the others only hand back. The
    # photograph's features go forwards only. The discriminator's step sees photographs and fakes.
    side = stage.patch_size * SCALE
    work = stage.batch_size * (
        3 * flops(generator, stage.patch_size)
        + (2 + 2 * 3) * flops(discriminator, side)
        + (2 + 1) * flops(features.network, side)
    )
    return share(seconds["step"], work, seconds["product"])


if __name__ == "__main__":
    for precision in PRECISIONS:
        reached = adversarial_step(precision)
        report_share(f"srgan: an adversarial step in {precision}", reached, must=50, aim=75)
