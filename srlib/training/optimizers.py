"""The optimisers that a recipe may name."""

import math
from collections import defaultdict

import keras
from keras import ops

from srlib.networks import has_fast_bfloat16

__all__ = ["OPTIMIZERS", "ClippedSGD", "ConvMuon"]


@keras.saving.register_keras_serializable("srlib")
class ConvMuon(keras.optimizers.Muon):
    """Muon for convolutions: updates are made orthogonal, so that no direction starves.

    Neighbouring pixels are nearly equal, so the gradient of a convolution on photographs lies
    almost wholly in the few directions of smooth patches. Adam rescales single weights, which does
    not help; Muon equalises the singular values of the whole update. Keras's own Muon does this for
    dense layers only. Here a kernel (h, w, in, out) counts as a matrix (h·w·in, out). Biases and
    the last layer, known by its 3 output channels, are left to Adam, as the method asks; so are the
    kernels of depthwise convolutions, (h, w, in, 1), which are no matrix.

    References
    ----------
    Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024. Liu et al.,
    "Muon is Scalable for LLM Training", 2025, for the scale of the update.
    """

    def __init__(self, learning_rate=3e-3, **kwargs):
        # Weight decay is for networks that overfit, which these do not.
        defaults = {"weight_decay": None, "adam_weight_decay": None, "name": "conv_muon"}
        super().__init__(learning_rate, **defaults | kwargs)

    def _should_use_adamw(self, variable):
        return len(variable.shape) != 4 or variable.shape[-1] in (1, 3)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        """Take kernels of one shape together: a deep network has many, and few shapes."""
        left, kernels = [], defaultdict(list)
        for gradient, variable in zip(grads, trainable_variables, strict=True):
            adam = self._should_use_adamw(variable)
            same = left if adam else kernels[tuple(variable.shape)]
            same.append((gradient, variable))
        for same in kernels.values():
            self._update_kernels(same, learning_rate)
        super()._backend_update_step([g for g, _ in left], [v for _, v in left], learning_rate)

    def _update_kernels(self, same, learning_rate):
        """Keras's step of Muon, of several kernels (h, w, in, out) of one shape."""
        directions = []
        for gradient, variable in same:
            momentum = self.momentums[self._get_variable_index(variable)]
            self.assign_add(momentum, gradient + momentum * (self.momentum - 1))
            directions.append(gradient + self.momentum * momentum if self.nesterov else momentum)
        updates = ops.map(
            lambda update: self.zeropower_via_newtonschulz5(update, self.ns_steps),
            ops.stack(directions),
        )
        for (_, variable), update in zip(same, ops.unstack(updates, len(same)), strict=True):
            self.assign_sub(variable, self.lr_adjust(learning_rate * update))

    def zeropower_via_newtonschulz5(self, x, steps):
        """Orthogonalise an update of shape (h, w, in, out) as a matrix (h·w·in, out)."""
        matrix = ops.reshape(x, (-1, x.shape[-1]))
        # As in the reference implementation; Newton–Schulz corrects its own rounding.
        if has_fast_bfloat16():
            matrix = ops.cast(matrix, "bfloat16")
        update = super().zeropower_via_newtonschulz5(matrix, steps)
        return ops.cast(ops.reshape(update, x.shape), x.dtype)

    def lr_adjust(self, x):
        """Scale an update to the size that Adam's would have."""
        longer = max(math.prod(x.shape[:-1]), x.shape[-1])
        return x * (math.sqrt(longer) * self.rms_rate)


@keras.saving.register_keras_serializable("srlib")
class ClippedSGD(keras.optimizers.SGD):
    """Gradient descent with momentum whose gradients are clipped to ±θ/γ at the learning rate γ.

    At a high rate the bound is tight, so that no single step exceeds θ and the network does not
    burst; as the rate falls the bound widens and the gradients count in full.

    Parameters
    ----------
    learning_rate
        γ; the paper starts at 0.1.
    theta
        The largest change of a weight in one step, before momentum.
    momentum
        Share of the step before that is made again.

    References
    ----------
    Kim, Lee and Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks",
    CVPR 2016, section 3.2, "Adjustable gradient clipping".
    """

    def __init__(self, learning_rate=0.1, theta=1e-3, momentum=0.9, name="clipped_sgd", **kwargs):
        super().__init__(learning_rate, momentum=momentum, name=name, **kwargs)
        self.theta = theta

    def update_step(self, gradient, variable, learning_rate):
        """Clip, then step."""
        bound = ops.cast(self.theta / learning_rate, gradient.dtype)
        super().update_step(ops.clip(gradient, -bound, bound), variable, learning_rate)

    def get_config(self):
        """What Keras saves."""
        return super().get_config() | {"theta": self.theta}


OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
    "clipped_sgd": ClippedSGD,
    "muon": ConvMuon,
}
