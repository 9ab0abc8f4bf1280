"""Every network keeps the contract: any size, RGB in [0, 1], the promised parameter count."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image
from skimage import data

from srlib.images import to_batch
from srlib.networks.layers import HEADS
from srlib.networks.models import MODELS, build, patch_discriminator, srgan_discriminator
from srlib.networks.models.searchable import SEARCHABLE_HEADS

# At ×2, ×3 and ×4.
PARAMETERS = {
    "srcnn": [20_099] * 3,
    "fsrcnn": [24_683] * 3,
    "tiny": [50_148, 53_403, 57_960],
    "vdsr": [668_227] * 3,
    "residual_concat": [2_012_611] * 3,
    "residual_add": [7_091_075] * 3,
    "edsr": [1_369_859, 1_554_499, 1_517_571],
    "encoder_decoder": [6_076_303] * 3,
    "rgb_residual": [426_078] * 3,
    "upsampling_resnet": [366_083, 366_083, 403_267],
    "srgan_generator": [1_407_107, 1_591_747, 1_554_883],
    "searchable": [78_476, 82_811, 88_880],
}

STARTS_AS_BICUBIC = (
    "vdsr",
    "residual_concat",
    "residual_add",
    "edsr",
    "fsrcnn",
    "tiny",
    "srgan_generator",
    "searchable",
)

VARIANTS = [(name, {}) for name in MODELS]
VARIANTS += [("upsampling_resnet", {"head": head}) for head in HEADS[1:]]
VARIANTS += [
    ("searchable", {"blocks": 2, "depthwise": True, "attention": True, "head": head})
    for head in SEARCHABLE_HEADS
]


def test_every_network_is_in_the_table():
    assert PARAMETERS.keys() == MODELS.keys()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_sizes_and_parameters(name, scale):
    model = build(name, scale)
    assert model.count_params() == PARAMETERS[name][scale - 2]
    for height, width in ((5, 9), (16, 12)):
        sr = model(np.zeros((2, height, width, 3), np.float32))
        assert sr.shape == (2, height * scale, width * scale, 3)


@pytest.mark.parametrize("name", MODELS)
def test_a_network_survives_saving(name, tmp_path):
    model = build(name, 2)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    lr = np.random.default_rng(0).random((1, 8, 8, 3), np.float32)
    np.testing.assert_allclose(model(lr), again(lr), atol=1e-6)


def check_bicubic(scale):
    """The first layer of SRCNN against Pillow, in float, on a whole photograph."""
    image = data.astronaut()
    enlarged = build("srcnn", scale).get_layer("bicubic")(to_batch(image))
    np.testing.assert_allclose(enlarged[0], pillow_bicubic(image, scale), rtol=0, atol=2e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_first_layer_of_srcnn_is_pillows_bicubic(scale):
    check_bicubic(scale)


def test_both_backends_agree(tmp_path):
    """The same weights on JAX: every network within 1e-4, bicubic as Pillow's."""
    pytest.importorskip("jax")
    for i, (name, options) in enumerate(VARIANTS):
        keras.utils.set_random_seed(0)
        model = build(name, 2, **options)
        # Kernels that start at zero would hide all that comes before them.
        rng = np.random.default_rng(0)
        for kernel in model.trainable_weights:
            if not np.any(kernel):
                kernel.assign(rng.normal(0, 0.02, kernel.shape))
        lr = to_batch(data.astronaut()[:24, :31])
        model.save_weights(tmp_path / f"{i}.weights.h5")
        np.savez(tmp_path / f"{i}.npz", lr=lr, sr=model(lr))
    environment = os.environ | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "jax agrees" in done.stdout


def pillow_bicubic(image, scale):
    """Pillow's enlargement computed in float, (H, W, 3) in [0, 1]."""
    size = (image.shape[1] * scale, image.shape[0] * scale)
    planes = (Image.fromarray(image[..., c].astype(np.float32) / 255) for c in range(3))
    return np.stack([plane.resize(size, Image.Resampling.BICUBIC) for plane in planes], axis=-1)


@pytest.mark.parametrize("name", STARTS_AS_BICUBIC)
def test_a_network_with_an_image_level_skip_starts_as_bicubic(name):
    image = data.astronaut()[:40, :50]
    bicubic = build("srcnn", 2).get_layer("bicubic")(to_batch(image))
    np.testing.assert_allclose(build(name, 2)(to_batch(image)), bicubic, atol=1e-6)


def test_a_searchable_network_can_be_edsr():
    """EDSR-baseline, with a slope for each filter where that has a ReLU."""
    model = build("searchable", 2, blocks=16, filters=64, head="edsr")
    # Neither has it the convolution between the last block and the long skip.
    body_end = 9 * 64 * 64 + 64
    assert model.count_params() == PARAMETERS["edsr"][0] - body_end + 16 * 64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": 0}, "blocks must be a whole number of at least 1, not 0"),
        ({"filters": 8.0}, "filters must be a whole number of at least 1, not 8.0"),
        ({"kernel": 4}, "kernel must be odd, so that it has a middle, not 4"),
        ({"head": "resize"}, "unknown head 'resize'; choose one of direct, edsr, transposed"),
    ],
)
def test_searchable_networks_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        build("searchable", 2, **options)


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({"head": "resize"}, 403_267),
        ({"head": "transposed"}, 403_267),
        ({"head": "transposed", "kernel": 4}, 460_611),
        ({"head": "transposed", "kernel": 5}, 534_339),
        ({"head": "subpixel"}, 624_835),
        ({"head": "subpixel+icnr"}, 624_835),
    ],
)
def test_heads_of_the_upsampling_network(options, parameters):
    model = build("upsampling_resnet", 4, **options)
    assert model.count_params() == parameters
    assert model(np.zeros((1, 18, 7, 3), np.float32)).shape == (1, 72, 28, 3)


def test_the_upsampling_network_starts_near_bicubic_and_runs_on_its_own_output():
    keras.utils.set_random_seed(0)
    model = build("upsampling_resnet", 4)
    lr = to_batch(data.astronaut()[:16, :16])
    sr = np.asarray(model(lr))
    assert 0 < np.abs(sr - np.asarray(model.get_layer("bicubic")(lr))).mean() < 0.1
    assert model(sr).shape == (1, 256, 256, 3)


def test_options_that_a_network_does_not_have():
    with pytest.raises(TypeError, match="head"):
        build("edsr", 2, head="resize")
    with pytest.raises(ValueError, match="unknown head 'nearest'; choose one of resize"):
        build("upsampling_resnet", 4, head="nearest")


def test_residual_add_has_a_wider_form():
    """48 convolutions of 9·192² weights and 192 biases, and one at each end."""
    weights = 48 * (9 * 192 * 192 + 192) + (9 * 3 * 192 + 192) + (9 * 192 * 3 + 3)
    assert build("residual_add", 2, filters=192).count_params() == weights == 15_945_027


def test_residual_add_has_fifty_convolutions():
    layers = build("residual_add", 2).layers
    assert sum(isinstance(layer, keras.layers.Conv2D) for layer in layers) == 50


def test_the_slopes_of_the_generator_are_shared_over_space():
    layers = build("srgan_generator", 4).layers
    slopes = [layer for layer in layers if isinstance(layer, keras.layers.PReLU)]
    assert len(slopes) == 1 + 16 + 2
    assert {layer.alpha.shape for layer in slopes} == {(1, 1, 64)}


# At any size of crop, and with the paper's dense layers for crops of 96 pixels.
DISCRIMINATORS = {
    "batch": [4_693_313, 23_569_217],
    "spectral": [4_687_810, 23_564_738],
    "none": [4_685_889, 23_561_793],
}


@pytest.mark.parametrize("normalisation", DISCRIMINATORS)
def test_parameters_of_the_discriminator(normalisation):
    found = [
        srgan_discriminator(normalisation=normalisation, crop_size=side).count_params()
        for side in (None, 96)
    ]
    assert found == DISCRIMINATORS[normalisation]


def test_the_discriminator_is_that_of_the_paper():
    layers = srgan_discriminator().layers
    convolutions = [layer for layer in layers if isinstance(layer, keras.layers.Conv2D)]
    assert [layer.filters for layer in convolutions] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [layer.strides[0] for layer in convolutions] == [1, 2] * 4
    kinds = [type(layer).__name__ for layer in layers[1:]]
    assert kinds[:2] == ["Conv2D", "LeakyReLU"]
    assert kinds[2:-2] == ["Conv2D", "BatchNormalization", "LeakyReLU"] * 7
    assert kinds[-2:] == ["GlobalAveragePooling2D", "Dense"]
    assert {layer.negative_slope for layer in layers if hasattr(layer, "negative_slope")} == {0.2}


@pytest.mark.parametrize("normalisation", DISCRIMINATORS)
def test_the_discriminator_judges_crops_of_any_size(normalisation):
    keras.utils.set_random_seed(0)
    model = srgan_discriminator(filters=4, normalisation=normalisation)
    images = np.random.default_rng(0).random((3, 40, 33, 3), np.float32)
    logits = np.asarray(model(images))
    assert logits.shape == (3, 1)
    # A logit, not a probability: of a larger judgement the last layer makes a larger number.
    dense = model.layers[-1]
    dense = getattr(dense, "layer", dense)
    dense.kernel.assign(100 * np.asarray(dense.kernel))
    np.testing.assert_allclose(model(images), 100 * logits, rtol=1e-4)


def test_dense_layers_fit_one_crop_size():
    model = srgan_discriminator(filters=2, crop_size=48)
    assert model(np.zeros((2, 48, 48, 3), np.float32)).shape == (2, 1)
    with pytest.raises(ValueError, match=r"expected shape=\(None, 48, 48, 3\)"):
        model(np.zeros((2, 40, 48, 3), np.float32))


def test_spectral_normalisation_bounds_every_kernel():
    """By power iterations, a step of which every call in training takes."""
    keras.utils.set_random_seed(0)
    model = srgan_discriminator(filters=2, normalisation="spectral")
    for _ in range(100):
        model(np.zeros((1, 16, 16, 3), np.float32), training=True)
    kernels = [np.asarray(w) for w in model.trainable_weights if w.name == "kernel"]
    assert len(kernels) == 9
    for kernel in kernels:
        matrix = kernel.reshape(-1, kernel.shape[-1])
        assert np.linalg.norm(matrix, 2) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalisation": "layer"}, "'layer'; choose one of batch, spectral, none"),
        ({"filters": 0}, "filters must be a whole number of at least 1, not 0"),
        ({"crop_size": 96.0}, "crop_size must be a whole number of at least 1, not 96.0"),
    ],
)
def test_discriminators_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        srgan_discriminator(**options)


@pytest.mark.parametrize("make", [patch_discriminator, lambda **o: build("residual_add", 2, **o)])
@pytest.mark.parametrize("filters", [0, 32.0, True])
def test_a_number_of_filters_that_cannot_be(make, filters):
    message = f"filters must be a whole number of at least 1, not {filters}"
    with pytest.raises(ValueError, match=message):
        make(filters=filters)


def test_a_discriminator_of_patches_judges_every_place_by_its_surroundings():
    keras.utils.set_random_seed(0)
    model = patch_discriminator(filters=4)
    image = np.random.default_rng(0).random((1, 96, 80, 3), np.float32)
    logits = np.asarray(model(image))
    assert logits.shape == (1, 24, 20, 1)
    changed = image.copy()
    changed[0, :4, :4] = 1 - changed[0, :4, :4]
    reached = np.argwhere(np.asarray(model(changed))[0, ..., 0] != logits[0, ..., 0])
    # The logit sees 4 pixels a place, a place aside by each of three layers there, half of one by
    # each of the two before, a quarter by the two before those and by the mean around a pixel.
    assert reached.max() <= 6 and len(reached) >= 9


def test_a_discriminator_of_patches_hears_fine_texture_as_well_as_contours():
    """The fine part of an image is given apart from the coarse one, and louder."""
    model = patch_discriminator(filters=1)
    parts = keras.Model(model.input, model.get_layer("parts").output)
    stripes = np.full((1, 16, 16, 3), 0.5, np.float32)
    stripes[:, :, ::2] += 0.02
    stripes[:, :, 1::2] -= 0.02
    inner = np.asarray(parts(stripes))[0, 4:-4, 4:-4]
    np.testing.assert_allclose(inner[..., :3], 0, atol=1e-6)
    np.testing.assert_allclose(np.abs(inner[..., 3:]), 0.1, atol=1e-6)


def test_an_unknown_model_lists_the_known():
    with pytest.raises(ValueError, match="'srgan2'; choose one of srcnn"):
        build("srgan2", 2)


def test_a_bad_scale():
    with pytest.raises(ValueError, match="scale must be 2 or more, not 0"):
        build("srcnn", 0)


def check_on_this_backend(folder):
    assert keras.backend.backend() == "jax"
    for i, (name, options) in enumerate(VARIANTS):
        model = build(name, 2, **options)
        model.load_weights(f"{folder}/{i}.weights.h5")
        expected = np.load(f"{folder}/{i}.npz")
        np.testing.assert_allclose(model(expected["lr"]), expected["sr"], atol=1e-4)
    for scale in (2, 3, 4):
        check_bicubic(scale)


if __name__ == "__main__":
    check_on_this_backend(sys.argv[1])
    print("jax agrees")
