"""Gradients and compiled steps: all that the adversarial training needs of a backend itself.

Keras has no gradients of its own. Here they are for TensorFlow and for JAX; everything else is
written once, in terms of Keras's variables.
"""

from collections.abc import Callable, Sequence

import keras

__all__ = ["apply", "compiled", "gradients", "slopes"]


def slopes(function: Callable, batch):
    """The gradient of each value of `function` with respect to its image.

    Parameters
    ----------
    function
        Of a batch; gives (N, 1), each value of one image alone, and changes no variable.
    batch
        Tensor (N, H, W, 3).

    Returns
    -------
    tensor
        Of the shape of `batch`; it can be differentiated again.
    """
    if _backend() == "jax":
        import jax

        return jax.grad(lambda images: function(images).sum())(batch)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(batch)
        total = tf.reduce_sum(function(batch))
    return tape.gradient(total, batch)


def gradients(function: Callable, variables: Sequence, state: Sequence):
    """Call a function that changes a network's state, and differentiate what it returns.

    Parameters
    ----------
    function
        Without arguments; returns a scalar and anything else of tensors.
    variables
        The Keras variables to differentiate for.
    state
        Every Keras variable that the function reads or assigns to, these included.

    Returns
    -------
    result, gradients
        What the function returned, and a list of tensors, one a variable. What it assigned is
        assigned.
    """
    if _backend() == "jax":
        return _jax_gradients(function, variables, state)
    import tensorflow as tf

    with tf.GradientTape() as tape:
        result = function()
    return result, tape.gradient(result[0], [variable.value for variable in variables])


def _jax_gradients(function, variables, state):
    import jax

    values = [variable.value for variable in state]
    wanted = {id(variable) for variable in variables}

    def pure(trained):
        trained = iter(trained)
        mapping = [
            (variable, next(trained) if id(variable) in wanted else value)
            for variable, value in zip(state, values, strict=True)
        ]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = function()
        return result[0], (result, [scope.get_current_value(variable) for variable in state])

    trained = [v for variable, v in zip(state, values, strict=True) if id(variable) in wanted]
    (_, (result, after)), slope = jax.value_and_grad(pure, has_aux=True)(trained)
    for variable, value in zip(state, after, strict=True):
        variable.assign(value)
    order = [id(variable) for variable in state if id(variable) in wanted]
    by_variable = dict(zip(order, slope, strict=True))
    return result, [by_variable[id(variable)] for variable in variables]


def apply(optimizer: keras.Optimizer, gradients: Sequence, variables: Sequence) -> None:
    """Let an optimiser take a step; of several devices' gradients it takes the mean."""
    if _backend() == "tensorflow":
        import tensorflow as tf

        # Keras adds up those of all devices.
        devices = tf.distribute.get_strategy().num_replicas_in_sync
        gradients = [gradient / devices for gradient in gradients]
    optimizer.apply(gradients, variables)


def compiled(step: Callable, state: Sequence) -> Callable:
    """A step as one function of the backend.

    Within a ``tf.distribute`` strategy's scope each device computes it for its share of the batch,
    and what `step` returns is averaged over the devices.

    Parameters
    ----------
    step
        Of NumPy arrays whose first axis is the batch; returns a dictionary of scalars.
    state
        Every Keras variable that the step reads or assigns to.

    Returns
    -------
    function
        Of the same arrays; returns a dictionary of floats.
    """
    return _compiled_by_jax(step, state) if _backend() == "jax" else _compiled_by_tensorflow(step)


def _compiled_by_jax(step, state):
    import jax

    @jax.jit
    def pure(values, batch):
        mapping = list(zip(state, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = step(*batch)
        return result, [scope.get_current_value(variable) for variable in state]

    def run(*batch):
        result, values = pure([variable.value for variable in state], batch)
        for variable, value in zip(state, values, strict=True):
            variable.assign(value)
        return {name: float(value) for name, value in result.items()}

    return run


def _compiled_by_tensorflow(step):
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync

    @tf.function(jit_compile=False, autograph=False)  # see gains_by_xla
    def on_all(*batch):
        results = strategy.run(step, batch)
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in results.items()
        }

    def share(array, context):
        size, rest = divmod(len(array), replicas)
        if rest:
            raise ValueError(
                f"a batch of {len(array)} cannot be shared by {replicas} devices: make batch_size "
                f"a multiple of {replicas}"
            )
        first = context.replica_id_in_sync_group * size
        return tf.convert_to_tensor(array[first : first + size])

    def run(*batch):
        shares = [
            strategy.experimental_distribute_values_from_function(
                lambda context, array=array: share(array, context)
            )
            for array in batch
        ]
        return {name: float(value) for name, value in on_all(*shares).items()}

    return run


def _backend():
    if (backend := keras.backend.backend()) not in ("tensorflow", "jax"):
        raise NotImplementedError(
            f"adversarial training needs gradients of the tensorflow or the jax backend, not of "
            f"{backend}: start Python with KERAS_BACKEND=tensorflow or jax"
        )
    return backend
