"""Generator and discriminator, and the step that both take: the inside of `srlib.train_gan`."""

import keras
from keras import ops

from srlib.losses import (
    LOSSES,
    apply,
    gradient_penalty,
    gradients,
    perceptual,
    spectral_loss,
    zero_centred_penalty,
)
from srlib.losses.features import Features
from srlib.training.gan_recipe import GANRecipe

__all__ = ["Players"]


class Players(keras.Model):
    """Both networks and both optimisers as one Keras object, so that one file holds them all.

    Parameters
    ----------
    generator
        LR batch (N, h, w, 3) → SR batch (N, s·h, s·w, 3).
    discriminator
        Batch (N, s·h, s·w, 3) → logits, (N, 1) or (N, h, w, 1).
    recipe
        What they play for, and how they learn.
    features
        Whose feature maps the content loss compares, for images in [0, 1].
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        recipe: GANRecipe,
        features: Features,
    ):
        super().__init__(name="players")
        self.generator = generator
        self.discriminator = discriminator
        generator.compile(recipe.generator.build_optimizer())
        discriminator.compile(recipe.build_discriminator_optimizer())
        for network in (generator, discriminator):
            network.optimizer.build(network.trainable_variables)
        self.game = recipe.build_objective()
        penalties = {
            "gradient_penalty": recipe.gradient_penalty,
            "zero_centred_penalty": recipe.zero_centred_penalty,
        }
        self.penalty_weights = {name: weight for name, weight in penalties.items() if weight}
        weights = {
            "pixel": recipe.generator.pixel_weight,
            "content": recipe.generator.perceptual_weight,
            "spectral": recipe.spectral_weight,
            "adversarial": recipe.adversarial_weight,
        }
        self.loss_weights = {name: weight for name, weight in weights.items() if weight}
        self.pixel_loss = LOSSES[recipe.generator.loss]
        self.content_loss = perceptual(features)
        self.built = True  # there is nothing to build, and Keras saves only what is built

    @property
    def state(self) -> list:
        """Every variable that a step reads or changes."""
        networks = self.generator, self.discriminator
        return [v for n in networks for v in (*n.variables, *n.optimizer.variables)]

    def step(self, lr, hr, mix) -> dict:
        """One update of the generator, then one of the discriminator on the same images.

        Parameters
        ----------
        lr, hr
            Batches in [0, 1], (N, h, w, 3) and (N, s·h, s·w, 3).
        mix
            Random numbers for `gradient_penalty`, (N, 1, 1, 1).

        Returns
        -------
        dict
            Scalars, means over the batch: the generator's loss and its terms before they are
            weighted, the discriminator's loss, what it says of photographs and of fakes, how often
            it ranks a photograph above a fake, and the norms of both networks' gradients.
        """
        judged = [*self.generator.variables, *self.discriminator.variables]
        (loss, terms, sr), slope = gradients(
            lambda: self._generator_loss(lr, hr), self.generator.trainable_variables, judged
        )
        row = {"generator_loss": loss} | terms | {"generator_gradient": _norm(slope)}
        apply(self.generator.optimizer, slope, self.generator.trainable_variables)
        (loss, report), slope = gradients(
            lambda: self._discriminator_loss(hr, sr, mix),
            self.discriminator.trainable_variables,
            self.discriminator.variables,
        )
        apply(self.discriminator.optimizer, slope, self.discriminator.trainable_variables)
        return (
            row | {"discriminator_loss": loss} | report | {"discriminator_gradient": _norm(slope)}
        )

    def _generator_loss(self, lr, hr):
        sr = self.generator(lr, training=True)
        fake = self.discriminator(sr, training=True)
        real = self.discriminator(hr, training=True) if self.game.relative else None
        losses = {
            "pixel": lambda: _mean(self.pixel_loss(hr, sr)),
            "content": lambda: _mean(self.content_loss(hr, sr)),
            "spectral": lambda: _mean(spectral_loss(hr, sr)),
            "adversarial": lambda: self.game.generator_loss(real, fake),
        }
        terms = {name: losses[name]() for name in self.loss_weights}
        return sum(self.loss_weights[name] * terms[name] for name in terms), terms, sr

    def _discriminator_loss(self, hr, sr, mix):
        real = self.discriminator(hr, training=True)
        fake = self.discriminator(sr, training=True)
        loss = self.game.discriminator_loss(real, fake)
        says_real, says_fake = self.game.output(real, fake)
        ahead = _of_each(real)[:, None] - _of_each(fake)
        report = {
            "d_real": _mean(says_real),
            "d_fake": _mean(says_fake),
            "separation": _mean(ops.sign(ahead)) / 2 + 0.5,
        }
        penalties = {
            "gradient_penalty": lambda: gradient_penalty(self.discriminator, hr, sr, mix),
            "zero_centred_penalty": lambda: zero_centred_penalty(self.discriminator, hr),
        }
        for name, weight in self.penalty_weights.items():
            report[name] = penalties[name]()
            loss = loss + weight * report[name]
        return loss, report


def _mean(values):
    return ops.mean(ops.cast(values, "float32"))


def _of_each(logits):
    """The mean logit of each image, (N,)."""
    logits = ops.cast(logits, "float32")
    return ops.mean(logits, axis=tuple(range(1, len(logits.shape))))


def _norm(slopes):
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(slope, "float32"))) for slope in slopes))
