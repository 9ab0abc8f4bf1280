"""A residual network with every choice left open: what architecture search chooses from."""

import keras
from keras import layers

from srlib.networks.bicubic import Bicubic
from srlib.networks.layers import PixelShuffle, check_count

SEARCHABLE_HEADS = ("direct", "edsr", "transposed")


def searchable(
    scale: int,
    *,
    blocks: int = 4,
    filters: int = 32,
    kernel: int = 3,
    depthwise: bool = False,
    attention: bool = False,
    long_skip: bool = True,
    residual_scale: float = 1.0,
    head: str = "direct",
) -> keras.Model:
    """Residual blocks on LR pixels, then one of three ways to enlarge, added to bicubic.

    With 16 blocks of 64 filters and the head ``"edsr"`` it is all but EDSR-baseline, which has ReLU
    for PReLU and a convolution before its long skip, and makes ×4 in two steps.

    Parameters
    ----------
    scale
        The enlargement, made in one step.
    blocks, filters
        How many residual blocks, and of how many filters.
    kernel
        Side of the blocks' kernels, an odd number.
    depthwise
        Whether each convolution in a block is split in two: one that looks at the surroundings,
        channel by channel, and one of 1×1 that mixes the channels.
    attention
        Whether what a block adds is multiplied, pixel by pixel and channel by channel, by a number
        between 0 and 1 that a 1×1 convolution makes of it. Unlike the attention to whole channels
        it sees no further than the block does, so that images can be enlarged in tiles.
    long_skip
        Whether what goes into the first block is added to what comes out of the last.
    residual_scale
        What a block's output is multiplied by before the sum.
    head
        ``"direct"``: a convolution makes all 3·s² values of an LR pixel, which are put in place.
        ``"edsr"``: one makes s² pixels of all filters, another the image. ``"transposed"``: a
        transposed convolution of 9×9, as in FSRCNN.

    Returns
    -------
    keras.Model
        float32 (N, h, w, 3) in [0, 1] → (N, s·h, s·w, 3).

    Raises
    ------
    ValueError
        If a number is none that can be, or there is no such head.

    References
    ----------
    Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPRW 2017,
    for the blocks. Howard et al., "MobileNets", arXiv:1704.04861, 2017, for convolutions split in
    two. Zhao et al., "Efficient Image Super-Resolution Using Pixel Attention", ECCVW 2020. Shi et
    al., CVPR 2016, and Dong, Loy and Tang, ECCV 2016, for the heads.
    """
    check_count("blocks", blocks)
    check_count("filters", filters)
    if check_count("kernel", kernel) % 2 == 0:
        raise ValueError(f"kernel must be odd, so that it has a middle, not {kernel!r}")
    if head not in SEARCHABLE_HEADS:
        raise ValueError(f"unknown head {head!r}; choose one of {', '.join(SEARCHABLE_HEADS)}")
    lr = keras.Input((None, None, 3), name="lr")
    start = x = layers.Conv2D(filters, 3, padding="same", name="start")(lr)
    for i in range(1, blocks + 1):
        x = _block(x, filters, kernel, depthwise, attention, residual_scale, f"block{i}")
    if long_skip:
        x = layers.Add(name="long_skip")([start, x])
    residual = _enlarge(x, filters, scale, head)
    bicubic = Bicubic(scale, name="bicubic")(lr)
    sr = layers.Add(name="skip")([bicubic, residual])
    return keras.Model(lr, sr, name=f"searchable_x{scale}")


def _block(x, filters, kernel, depthwise, attention, residual_scale, name):
    y = _convolution(x, filters, kernel, depthwise, f"{name}_conv1")
    y = layers.PReLU(shared_axes=(1, 2), name=f"{name}_prelu")(y)
    y = _convolution(y, filters, kernel, depthwise, f"{name}_conv2")
    if attention:
        gate = layers.Conv2D(filters, 1, activation="sigmoid", name=f"{name}_gate")(y)
        y = layers.Multiply(name=f"{name}_attend")([y, gate])
    if residual_scale != 1:
        y = layers.Rescaling(residual_scale, name=f"{name}_scale")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _convolution(x, filters, kernel, depthwise, name):
    if depthwise:
        x = layers.DepthwiseConv2D(kernel, padding="same", name=f"{name}_look")(x)
        kernel = 1
    return layers.Conv2D(filters, kernel, padding="same", name=name)(x)


def _enlarge(x, filters, scale, head):
    start = {"padding": "same", "kernel_initializer": "zeros"}
    if head == "transposed":
        return layers.Conv2DTranspose(3, 9, scale, name="enlarge", **start)(x)
    if head == "direct":
        x = layers.Conv2D(3 * scale**2, 3, name="end", **start)(x)
        return PixelShuffle(scale, name="shuffle")(x)
    x = layers.Conv2D(filters * scale**2, 3, padding="same", name="upsample")(x)
    x = PixelShuffle(scale, name="shuffle")(x)
    return layers.Conv2D(3, 3, name="end", **start)(x)
