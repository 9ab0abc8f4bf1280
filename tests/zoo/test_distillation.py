"""The shipped student agrees with VGG-19, and is what its recipe makes."""

import json
import os

import numpy as np
import pytest
from skimage import data

import srlib
from srlib.dataset import BENCHMARKS
from srlib.evaluation import DISTORTIONS
from srlib.images import sha256
from srlib.losses.features import MAPS, student, vgg19
from srlib.losses.features.student import CARD, WEIGHTS
from srlib.photos import data_root
from srlib.zoo import agreement, benchmark_agreement, distillation

CROPS = [data.astronaut()[:64, :64], data.chelsea()[100:164, 200:264], data.coffee()[:64, :64]]


@pytest.fixture(scope="module")
def teacher():
    if "SRLIB_VGG" not in os.environ:
        pytest.skip("SRLIB_VGG is not set")
    return vgg19(input_range=(0, 1), layers=list(MAPS))


def test_the_card_tells_what_ships():
    card = json.loads(CARD.read_text())
    assert card["sha256"] == sha256(WEIGHTS)
    whole = student(input_range=(0, 1), layers=list(MAPS)).network
    assert card["parameters"] == whole.count_params()
    assert not set(card["photo_sets"]) & {*BENCHMARKS, "course-test", "course-scenes"}
    assert "Set5/woman" in card["left_out"]["BSDS500-train/302003"]


@pytest.mark.slow
@pytest.mark.benchmarks
def test_the_student_ranks_images_as_vgg19_does(teacher):
    """The promise that lets it stand in: Spearman's correlation on a tenth of the benchmark."""
    if not (data_root() / "BSD100").is_dir():
        pytest.skip(f"BSD100 is not in {data_root()}")
    networks = {"ours": student(input_range=(0, 1)), "vgg19": vgg19(input_range=(0, 1))}
    found = benchmark_agreement(networks, images=10).loc["ours", "vgg19"]
    promised = {row["set"]: row for row in json.loads(CARD.read_text())["agreement"]}["BSD100"]
    assert found == pytest.approx(promised["trained"], abs=0.02)
    assert found >= 0.9
    assert promised["untrained"] < promised["trained"]


def test_a_network_agrees_with_itself_and_not_with_its_opposite():
    features = student(input_range=(0, 1))

    class Opposite:
        def distances(self, hr, others):
            return [-distance for distance in features.distances(hr, others)]

    networks = {"one": features, "same": features, "opposite": Opposite()}
    found = agreement(networks, CROPS[:1]).loc["one"]
    assert found["same"] == pytest.approx(1)
    assert found["opposite"] == pytest.approx(-1)


def test_a_student_learns(teacher):
    _, scales, history = distillation.distill(
        CROPS, teacher, steps=100, batch_size=2, patch_size=32
    )
    assert len(scales) == 3
    assert min(scales) > 50  # VGG's maps are in the hundreds
    assert history.step.iloc[-1] == 100
    assert history.loss.iloc[-20:].mean() < 0.9 * history.loss.iloc[:20].mean()


@pytest.mark.parametrize("steps", [0, 150])
def test_steps_that_do_not_divide(steps):
    with pytest.raises(ValueError, match=f"fewer than 100 or a multiple of 100, not {steps}"):
        distillation.distill(CROPS, None, steps=steps)


@pytest.mark.slow
def test_what_distillation_writes_can_be_used(teacher, tmp_path, monkeypatch):
    """The whole of ``srlib distill``, but for its photographs and most of its steps."""
    monkeypatch.setattr(distillation, "TRAINING_SETS", ("course-train",))
    card = distillation.run_distillation(tmp_path / "student", steps=2)
    assert card["command"] == "srlib distill student --steps 2"
    assert [row["set"] for row in card["agreement"]] == ["course-test"]
    path = tmp_path / "student" / WEIGHTS.name
    assert path.stat().st_size < 1e6
    assert json.loads(path.with_name(CARD.name).read_text()) == card
    assert student(input_range=(0, 1), weights=path).distances(CROPS[0], [CROPS[2]])[0] > 0


@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distortion_grows_with_its_degree(name):
    image = data.coffee()[:96, :96]
    protocol = srlib.Protocol(color="rgb", crop=0)
    scores = [
        srlib.psnr(
            image,
            DISTORTIONS[name](image, degree, np.random.default_rng(0)),
            scale=1,
            protocol=protocol,
        )
        for degree in (0, 0.5, 1)
    ]
    assert scores == sorted(scores, reverse=True)
    assert 38 < scores[0] < np.inf
    assert scores[-1] < 32


def test_distortions_leave_the_image_as_it_was():
    image = CROPS[0].copy()
    for spoil in DISTORTIONS.values():
        spoilt = spoil(image, 0.7, np.random.default_rng(0))
        assert spoilt.shape == image.shape
        assert spoilt.dtype == np.uint8
        np.testing.assert_array_equal(image, CROPS[0])
