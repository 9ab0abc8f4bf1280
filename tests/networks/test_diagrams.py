"""Diagrams show what the networks are made of."""

import io
import re

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from PIL import Image

from srlib.networks import architecture
from srlib.networks.models import MODELS, build
from srlib.networks.outline import Skip, Step, fold, steps

CONVOLUTIONS = {
    "srcnn": 3,
    "fsrcnn": 8,
    "tiny": 11,
    "vdsr": 20,
    "residual_concat": 20,
    "residual_add": 50,
    "edsr": 36,
    "encoder_decoder": 15,
    "rgb_residual": 31,
    "upsampling_resnet": 11,
    "srgan_generator": 36,
    "searchable": 10,
}


def conv(filters=8, **kwargs):
    return layers.Conv2D(filters, 3, padding="same", **kwargs)


def size_of(picture):
    width, height = Image.open(io.BytesIO(picture.png)).size
    return width, height


@pytest.mark.parametrize("name", MODELS)
def test_every_network_is_drawn(name):
    picture = architecture(build(name, 2), caption="Blue & orange")
    assert f"Diagram of {name}_x2, {CONVOLUTIONS[name]} convolutions: LR image" in picture.text
    assert picture.text.endswith("; SR image.")
    width, _ = size_of(picture)
    assert width <= 2 * 740  # a page of the book, on a dense screen
    assert f'style="width:{round(width / 2)}px;' in picture.html
    assert "<figcaption>Blue &amp; orange</figcaption>" in picture.html
    assert picture.text in picture.html


def test_the_same_network_gives_the_same_picture():
    assert architecture(build("fsrcnn", 2)) == architecture(build("fsrcnn", 2))


def test_vdsr_in_words():
    assert architecture(build("vdsr", 3)).text == (
        "Diagram of vdsr_x3, 20 convolutions: LR image; enlargement bicubic ×3; "
        "19 times (convolution 3×3 64 ReLU); convolution 3×3 3; "
        "sum with enlargement bicubic ×3; SR image."
    )


def test_products_and_depthwise_convolutions_in_words():
    model = build("searchable", 2, blocks=2, filters=8, depthwise=True, attention=True)
    assert (
        "2 times (convolution 3×3 each, convolution 1×1 8 PReLU, convolution 3×3 each, "
        "convolution 1×1 8, convolution 1×1 8 sigmoid, product with convolution 1×1 8, "
        "sum with what came in)"
    ) in architecture(model).text


def test_edsr_in_words():
    assert architecture(build("edsr", 2)).text == (
        "Diagram of edsr_x2, 36 convolutions: LR image; convolution 3×3 64; "
        "16 times (convolution 3×3 64 ReLU, convolution 3×3 64, sum with what came in); "
        "convolution 3×3 64; sum with convolution 3×3 64; convolution 3×3 256; "
        "enlargement shuffle ×2; convolution 3×3 3; sum with bicubic ×2 of LR image; SR image."
    )


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("srcnn", []),
        ("fsrcnn", [(1, 4)]),
        ("tiny", [(3, 4)]),
        ("vdsr", [(1, 19)]),
        ("residual_concat", [(3, 9)]),
        ("residual_add", [(3, 24)]),
        ("edsr", [(3, 16)]),
        ("encoder_decoder", [(3, 3)]),
        ("rgb_residual", [(4, 9), (1, 3)]),
        ("srgan_generator", [(3, 16)]),
    ],
)
def test_what_is_repeated_is_folded(name, folded):
    runs = fold(steps(build(name, 2)))
    assert [(len(run.steps), run.count) for run in runs if run.count > 1] == folded


def test_the_encoder_decoder_narrows_to_an_eighth():
    rates = [step.rate for step in steps(build("encoder_decoder", 2))]
    assert min(rates) == 1 / 8
    assert rates[0] == 1
    assert rates[-1] == 2
    # The crop is no skip.
    assert sum(len(step.skips) for step in steps(build("encoder_decoder", 2))) == 3


def test_a_run_is_not_folded_where_its_inside_is_used_later():
    x = lr = keras.Input((None, None, 8))
    taken = []
    for _ in range(4):
        x = conv()(x)
        taken.append(x)
    inner = keras.Model(lr, layers.Add()([x, taken[1]]))
    outer = keras.Model(lr, layers.Add()([x, lr]))
    assert all(run.count == 1 for run in fold(steps(inner)))
    assert [run.count for run in fold(steps(outer))] == [1, 4, 1, 1]


def test_an_activation_whose_input_is_used_elsewhere_has_its_own_box():
    lr = keras.Input((None, None, 8))
    before = conv()(lr)
    after = layers.ReLU()(before)
    alone = keras.Model(lr, after)
    shared = keras.Model(lr, layers.Add()([after, before]))
    assert [step.lines for step in steps(alone)] == [("LR",), ("3×3", "8", "ReLU"), ("SR",)]
    assert [step.lines for step in steps(shared)][1:4] == [("3×3", "8"), ("ReLU",), ("+",)]
    assert steps(shared)[3].skips == (Skip(2, None, ()),)


def test_a_side_path_is_named_and_counted():
    lr = keras.Input((None, None, 8))
    x = layers.Add()([conv()(conv(activation="gelu")(lr)), layers.Conv2D(8, 1)(lr)])
    picture = architecture(keras.Model(lr, x, name="projection"))
    assert picture.text == (
        "Diagram of projection, 3 convolutions: LR image; convolution 3×3 8 gelu; "
        "convolution 3×3 8; sum with 1×1 8 of LR image; SR image."
    )


def test_a_side_path_that_forks_is_refused():
    x = lr = keras.Input((None, None, 8))
    for _ in range(4):
        x = conv()(x)
    side = layers.Add(name="fork")([conv()(lr), lr])
    model = keras.Model(lr, layers.Add()([x, side]))
    with pytest.raises(ValueError, match="'fork' lies off the longest path and takes 2 inputs"):
        architecture(model)


def test_a_layer_that_is_not_known_is_refused():
    lr = keras.Input((None, None, 8))
    model = keras.Model(lr, layers.MaxPooling2D(2)(lr))
    with pytest.raises(ValueError, match="MaxPooling2D; known are"):
        architecture(model)


def test_a_taller_box_has_more_pixels_and_a_skip_stands_above():
    plain = keras.Input((None, None, 3))
    x = conv(3)(plain)
    flat = size_of(architecture(keras.Model(plain, x)))
    skipped = size_of(architecture(keras.Model(plain, layers.Add()([x, plain]))))
    enlarged = size_of(architecture(keras.Model(plain, layers.UpSampling2D(2)(x))))
    assert enlarged[1] > flat[1]
    assert skipped[1] > flat[1]
    assert enlarged[0] > flat[0]


PATHS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["convolution", "sum"]),
        st.just(()),
        st.just(1.0),
        st.lists(st.builds(Skip, st.integers(2, 3), st.none(), st.just(())), max_size=1).map(tuple),
    ),
    max_size=20,
)


@given(PATHS)
def test_unfolding_gives_the_path_again(path):
    runs = fold(path)
    assert [step for run in runs for _ in range(run.count) for step in run.steps] == path
    assert all(run.count != 2 or len(run.steps) > 1 for run in runs)


def test_the_picture_is_drawn_on_white_with_every_kind_in_its_colour():
    picture = architecture(build("fsrcnn", 2))
    pixels = np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).reshape(-1, 3)
    colours = {"#{:02X}{:02X}{:02X}".format(*pixel) for pixel in np.unique(pixels, axis=0)}
    assert {"#FFFFFF", "#D3E7F5", "#FBE3D3", "#CFEDE2"} <= colours
    assert re.search("background:#fff;filter:none", picture.html)
