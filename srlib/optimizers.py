"""The optimisers that a recipe may name."""

import math

import keras
from keras import ops

__all__ = ["OPTIMIZERS", "ConvMuon"]


@keras.saving.register_keras_serializable("srlib")
class ConvMuon(keras.optimizers.Muon):
    """Muon for convolutions: updates are made orthogonal, so that no direction starves.

    Neighbouring pixels are nearly equal, so the gradient of a convolution on photographs lies
    almost wholly in the few directions of smooth patches. Adam rescales single weights, which does
    not help; Muon equalises the singular values of the whole update. Keras's own Muon does this for
    dense layers only. Here a kernel (h, w, in, out) counts as a matrix (h·w·in, out); biases and
    the last layer, known by its 3 output channels, are left to Adam, as the method asks.

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
        return len(variable.shape) != 4 or variable.shape[-1] == 3

    def zeropower_via_newtonschulz5(self, x, steps):
        """Orthogonalise an update of shape (h, w, in, out) as a matrix (h·w·in, out)."""
        matrix = ops.reshape(x, (-1, x.shape[-1]))
        return ops.reshape(super().zeropower_via_newtonschulz5(matrix, steps), x.shape)

    def lr_adjust(self, x):
        """Scale an update to the size that Adam's would have."""
        longer = max(math.prod(x.shape[:-1]), x.shape[-1])
        return x * (math.sqrt(longer) * self.rms_rate)


OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "muon": ConvMuon}
