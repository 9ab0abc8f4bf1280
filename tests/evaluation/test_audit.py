"""Every planted fault is found by the check that is meant for it, and by no other."""

import functools
import io
import json

import keras
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from typer.testing import CliRunner

import srlib
from srlib.cli import app

SCALE = 2


@pytest.fixture(scope="module")
def photographs():
    """Pieces of the four photographs, one of them gray, one of odd sides."""
    places = {"astronaut": (0, 140), "camera": (60, 140), "chelsea": (60, 100), "coffee": (90, 180)}
    pieces = []
    for photo in srlib.photos("course-test"):
        y, x = places[photo.name]
        odd = photo.name == "coffee"
        pieces.append(photo._replace(image=photo.image[y : y + 144 + odd, x : x + 160 + odd]))
    return pieces


def right(lr, scale=SCALE):
    """Bicubic, and most of what is then missing of LR added three times: better, and no fault."""
    return to_8_bits(back_projected(lr, scale))


def back_projected(lr, scale=SCALE):
    sr = srlib.interpolate(lr, scale).astype(float)
    for _ in range(3):
        missing = lr - srlib.downscale(to_8_bits(sr), scale).astype(float)
        sr += 0.7 * missing.repeat(scale, axis=0).repeat(scale, axis=1)
    return sr


def to_8_bits(levels):
    return np.round(np.clip(levels, 0, 255)).astype(np.uint8)


def faults(table):
    return table[table.fault == True].check.tolist()  # noqa: E712 - None is "not tried"


def row(table, check):
    return table.set_index("check").loc[check]


def save(folder, photographs, method=right, name="{}_x2.png", truths=False):
    """The method's results as files, named by the photographs."""
    folder.mkdir()
    for photo in photographs:
        lr, _ = srlib.make_pair(photo.image, SCALE)
        image = photo.truth if truths else method(lr)
        Image.fromarray(image).save(folder / name.format(photo.name))
    return folder


# Methods with one fault each.


def sampled(lr, place):
    """Bilinear samples of LR at the places `place(SR index, LR side)`."""
    rows, columns = (place(np.arange(SCALE * side), side) for side in lr.shape[:2])
    grid = np.meshgrid(rows, columns, indexing="ij")
    bands = np.moveaxis(lr / 255, 2, 0)
    bands = [ndimage.map_coordinates(band, grid, order=1, mode="nearest") for band in bands]
    sr = np.stack(bands, axis=2)
    # Sharpened, so that it is no interpolation.
    return sr + 0.4 * (sr - ndimage.gaussian_filter(sr, (1, 1, 0)))


def legacy(lr):
    return sampled(lr, lambda x, side: x / SCALE)


def corners(lr):
    return sampled(lr, lambda x, side: x * (side - 1) / (SCALE * side - 1))


def sharpened(lr, strength):
    sr = back_projected(lr)
    return sr + strength * (sr - ndimage.gaussian_filter(sr, (1, 1, 0)))


def decimals_cut_off(lr):
    return np.clip(sharpened(lr, 0.3), 0, 255).astype(np.uint8)


def wrapping(lr):
    return np.round(sharpened(lr, 1.2)).astype(np.int64).astype(np.uint8)


def noisy(lr):
    noise = np.random.default_rng().integers(-2, 3, (SCALE * lr.shape[0], SCALE * lr.shape[1], 1))
    return to_8_bits(right(lr) + noise)


def standardised(lr):
    """A curve, as a network might learn it, over values standardised by the image's own."""
    sr = back_projected(lr)
    return to_8_bits(sr + 6 * np.sin(3 * (sr - sr.mean()) / sr.std()))


def stretched(lr):
    low, high = lr.min(), lr.max()
    return to_8_bits((back_projected(lr) - low) * (255 / (high - low)))


def tiled(lr, tile=20):
    sr = np.zeros((SCALE * lr.shape[0], SCALE * lr.shape[1], 3), np.uint8)
    for y in range(0, lr.shape[0], tile):
        for x in range(0, lr.shape[1], tile):
            part = right(lr[y : y + tile, x : x + tile])
            sr[SCALE * y :, SCALE * x :][: part.shape[0], : part.shape[1]] = part
    return sr


def smoothed(lr):
    return right(ndimage.median_filter(lr, (5, 5, 1)))


def luma_only(lr):
    return np.repeat(right(lr) @ [[0.299], [0.587], [0.114]], 3, axis=2).round().astype(np.uint8)


def jpeg(lr):
    file = io.BytesIO()
    Image.fromarray(right(lr)).save(file, "jpeg", quality=90)
    return np.asarray(Image.open(file))


@keras.saving.register_keras_serializable("test_audit")
class BatchMean(keras.layers.Layer):
    """What a normalisation in training mode does: it looks at all images of the batch."""

    def call(self, x):
        return x + 0.1 * (keras.ops.mean(x) - 0.5)


def network(layer):
    lr = keras.Input((None, None, 3))
    x = keras.layers.UpSampling2D(2, interpolation="bilinear")(lr)
    x = keras.layers.Conv2D(3, 3, padding="same", name="sharpen")(x)
    model = keras.Model(lr, layer(x))
    kernel = np.zeros((3, 3, 3, 3), np.float32)
    for c in range(3):
        kernel[:, :, c, c] = np.array([[0, -1, 0], [-1, 12, -1], [0, -1, 0]]) / 8
    model.get_layer("sharpen").set_weights([kernel, np.zeros(3, np.float32)])
    return model


FAULTY = {
    "a border is lost": (lambda lr: right(lr)[2:-2, 2:-2], {"size"}),
    "a batch of one": (lambda lr: right(lr)[np.newaxis], {"size"}),
    "nothing is enlarged": (lambda lr: lr, {"size"}),
    "height and width are swapped": (lambda lr: right(lr).transpose(1, 0, 2), {"size"}),
    "no number": (lambda lr: np.where(right(lr) < 9, np.nan, right(lr) / 255), {"values"}),
    "nothing is shown": (lambda lr: np.full_like(right(lr), 120), {"values"}),
    "luma alone": (luma_only, {"values"}),
    "values from −1 to 1": (lambda lr: back_projected(lr) / 127.5 - 1, {"range"}),
    "values from 0 to 255 in floating point": (back_projected, {"range"}),
    "values from 0 to 1 in 8 bits": (
        lambda lr: np.round(back_projected(lr) / 255).astype(np.uint8),
        {"range"},
    ),
    "integers that are not of 8 bits": (lambda lr: right(lr).astype(np.int64), {"range"}),
    "mirrored": (lambda lr: right(lr)[:, ::-1], {"pairing"}),
    "half a pixel aside": (legacy, {"alignment"}),
    "corners are aligned": (corners, {"alignment"}),
    "rolled by a pixel": (lambda lr: np.roll(right(lr), 1, axis=1), {"alignment"}),
    "BGR": (lambda lr: right(lr)[..., ::-1], {"color order"}),
    "studio range": (lambda lr: to_8_bits(16 + back_projected(lr) * (219 / 255)), {"gain"}),
    "too bright": (lambda lr: to_8_bits(back_projected(lr) + 8), {"gain"}),
    "another gamma": (lambda lr: (back_projected(lr).clip(0, 255) / 255) ** 1.2, {"gain"}),
    "decimals are cut off": (decimals_cut_off, {"rounding"}),
    "8 bits overflow": (wrapping, {"wrap-around"}),
    "bicubic by another name": (lambda lr: srlib.interpolate(lr, SCALE), {"interpolation"}),
    "LR is smoothed": (smoothed, {"consistency"}),
    "JPEG in between": (jpeg, {"compression"}),
    "noise": (noisy, {"determinism"}),
    "standardised by the image's values": (standardised, {"surroundings"}),
    "tiles side by side": (tiled, {"seams"}),
    "stretched to the full range": (stretched, {"brightness"}),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_planted_fault_is_found(photographs, name):
    method, expected = FAULTY[name]
    table = srlib.audit(method, photographs, SCALE)
    assert set(faults(table)) == expected
    assert table[table.fault == True].advice.str.len().min() > 0  # noqa: E712


@pytest.mark.parametrize("method", [*srlib.INTERPOLATIONS, "right", "in floating point"])
@pytest.mark.parametrize("scale", [2, 3])
def test_a_right_method_has_no_fault(photographs, method, scale):
    if method not in srlib.INTERPOLATIONS:
        function = right if method == "right" else lambda lr, s: back_projected(lr, s) / 255
        method = functools.partial(function, **{"scale" if method == "right" else "s": scale})
    table = srlib.audit(method, photographs, scale)
    assert table.columns.tolist() == ["check", "fault", "measured", "advice"]
    assert table[table.fault.isna()].check.isin({"batch", "leak", "reported"}).all()
    assert faults(table) == []


# Without two that work on 64 and more channels at full size, and take as long as all others.
@pytest.mark.parametrize(
    ("name", "scale"), [n for n in srlib.available() if not n[0].startswith("residual_")]
)
def test_shipped_networks_have_no_fault(photographs, name, scale):
    """Not even the one whose card tells that it was trained for two minutes."""
    small = photographs[0]._replace(image=photographs[0].image[:112, :112])
    table = srlib.audit(srlib.load(name, scale), [small], scale)
    assert faults(table) == []
    assert row(table, "batch").fault is False


def test_more_images_in_a_batch_change_nothing(photographs):
    assert not row(srlib.audit(network(keras.layers.Identity()), photographs, SCALE), "batch").fault
    table = srlib.audit(network(BatchMean()), photographs, SCALE)
    assert row(table, "batch").fault
    assert "training=False" in row(table, "batch").advice


def test_a_right_folder_has_no_fault_and_is_not_asked(tmp_path, photographs):
    folder = save(tmp_path / "results", photographs)
    table = srlib.audit(folder, photographs, SCALE)
    assert faults(table) == []
    asked = ["determinism", "surroundings", "seams", "brightness", "batch"]
    assert table[table.fault.isna()].check.tolist() == [*asked, "leak", "reported"]
    assert srlib.audit(str(folder), photographs, SCALE).equals(table)


@pytest.mark.parametrize("name", ["{}.png", "{}x2.png", "{}_SRCNN.png", "{}-x2 (1).png"])
def test_results_are_found_by_name(tmp_path, photographs, name):
    table = srlib.audit(save(tmp_path / "sr", photographs, name=name), photographs, SCALE)
    assert not row(table, "files").fault


def test_the_longest_name_wins(tmp_path, photographs):
    """``img_1_2_x2`` is of img_1_2 and not of img_1, and ``img_10`` of neither."""
    renamed = [
        photo._replace(name=name)
        for photo, name in zip(photographs, ["img_1", "img_1_2", "img_10_HR"], strict=False)
    ]
    folder = save(tmp_path / "sr", renamed)
    (folder / "img_10_HR_x2.png").rename(folder / "img_10_SR.png")
    assert faults(srlib.audit(folder, renamed, SCALE)) == []


def test_results_that_lack_and_results_of_nothing(tmp_path, photographs):
    folder = save(tmp_path / "sr", photographs)
    (folder / "camera_x2.png").rename(folder / "lena_x2.png")
    table = srlib.audit(folder, photographs, SCALE)
    assert faults(table) == ["files"]
    assert row(table, "files").measured == (
        "3 of 4 photographs have a result, without are camera; without a photograph are lena_x2.png"
    )
    assert "make the missing results" in row(table, "files").advice


def test_swapped_results_are_told_apart(tmp_path, photographs):
    same_size = photographs[:2]
    folder = save(tmp_path / "sr", same_size, name="{}.png")
    (folder / "camera.png").rename(tmp_path / "camera.png")
    (folder / "astronaut.png").rename(folder / "camera.png")
    (tmp_path / "camera.png").rename(folder / "astronaut.png")
    table = srlib.audit(folder, same_size, SCALE)
    assert faults(table) == ["pairing"]
    assert row(table, "pairing").measured == "the SR image of astronaut shows camera"


def test_the_truth_among_the_results(tmp_path, photographs):
    even = photographs[:3]
    folder = save(tmp_path / "sr", even, truths=True)
    assert faults(srlib.audit(folder, even, SCALE)) == ["truth"]


def test_files_that_lose(tmp_path, photographs):
    folder = save(tmp_path / "sr", photographs, name="{}.jpg")
    table = srlib.audit(folder, photographs, SCALE)
    assert faults(table) == ["compression"]
    assert row(table, "compression").measured.startswith("JPEG files; ")
    for path in folder.iterdir():
        path.rename(path.with_suffix(".png"))  # the content counts
    assert faults(srlib.audit(folder, photographs, SCALE)) == ["compression"]


def test_an_hr_image_that_does_not_divide(tmp_path, photographs):
    """Results stretched to the photograph's own, odd size are told what to do instead."""
    odd = photographs[3:]
    height, width = odd[0].image.shape[:2]
    folder = save(tmp_path / "sr", odd, lambda lr: srlib.resize(right(lr), (height, width)))
    table = srlib.audit(folder, odd, SCALE)
    assert faults(table) == ["size"]
    assert "crop HR to a multiple of 2" in row(table, "size").advice
    assert row(table, "alignment").fault is None
    assert row(table, "alignment").measured == "not tried: no SR image has HR's size"


def test_a_fault_that_follows_from_another_waits_for_it(photographs):
    table = srlib.audit(legacy, photographs, SCALE)
    assert row(table, "consistency").fault is None
    assert row(table, "consistency").advice == "mend alignment first, then audit again"
    assert "0.5 px is the way between" in row(table, "alignment").advice


def test_a_trained_on_test_image_is_found(photographs):
    brighter = to_8_bits(photographs[0].image * 1.1)
    training = [srlib.Photo("found", brighter), *srlib.photos("course-train")[:2]]
    table = srlib.audit("bicubic", photographs, SCALE, training=training)
    assert faults(table) == ["leak"]
    assert row(table, "leak").measured.startswith(
        "1 of 3 training photographs show audited ones: found is astronaut ("
    )
    clean = srlib.audit("bicubic", photographs, SCALE, training=training[1:])
    assert row(clean, "leak").fault is False


def test_a_method_for_one_size_is_not_asked_about_others(photographs):
    """What it cannot answer is not tried, whether it raises or gives something else."""

    def raises(lr):
        if lr.shape != (72, 80, 3):
            raise RuntimeError("no such size")
        return right(lr)

    def pads(lr):
        return right(np.pad(lr, ((0, 72 - len(lr)), (0, 80 - lr.shape[1]), (0, 0))))

    for method, reason in ((raises, "RuntimeError"), (pads, "SR of (144, 160, 3)")):
        table = srlib.audit(method, photographs, SCALE)
        assert faults(table) == []
        for check, size in (("seams", "(56, 64, 3)"), ("brightness", "(64, 64, 3)")):
            assert row(table, check).measured == f"not tried: {reason} for LR of {size}"


# What somebody may report, of the mean PSNRs measured here, and how it is recognised.


def psnrs(photographs, method=right, protocol=None, pairs=srlib.make_pair):
    for photo in photographs:
        lr, hr = pairs(photo.image, SCALE)
        truth = photo.truth[: hr.shape[0], : hr.shape[1]]
        yield srlib.psnr(truth, method(lr), scale=SCALE, protocol=protocol)


def without_antialiasing(image, scale):
    hr = srlib.modcrop(image, scale)
    size = [side // scale for side in hr.shape[:2]]
    batch = srlib.to_batch(hr)
    lr = keras.ops.image.resize(batch, size, interpolation="bicubic", antialias=False)
    return srlib.to_image(keras.ops.convert_to_numpy(lr)), hr


def test_the_literatures_psnr_is_no_fault(photographs):
    mean = np.mean([*psnrs(photographs)])
    for reported in (mean, round(mean, 2), round(mean, 1)):
        table = srlib.audit(right, photographs, SCALE, reported=reported)
        assert row(table, "reported").fault is False
    assert "luma, cropped, 8 bits" in row(table, "reported").measured


PLAIN = srlib.Protocol(color="rgb", crop=0)
REPORTED = {
    "RGB, not cropped, 8 bits": lambda p: np.mean([*psnrs(p, protocol=PLAIN)]),
    "luma, not cropped, 8 bits": lambda p: np.mean([*psnrs(p, protocol=srlib.Protocol(crop=0))]),
    "RGB, not cropped, 8 bits, peak 1 for values from −1 to 1": lambda p: (
        np.mean([*psnrs(p, protocol=PLAIN)]) - 6.0206
    ),
    "luma, cropped, 8 bits, PSNR of the mean MSE": lambda p: (
        -10 * np.log10(np.mean([10 ** (-x / 10) for x in psnrs(p)]))
    ),
    "luma, cropped, 8 bits, first image alone": lambda p: next(psnrs(p)),
    "luma, cropped, 8 bits, best image alone": lambda p: max(psnrs(p)),
    "luma, cropped, 8 bits, bicubic": lambda p: srlib.evaluate("bicubic", p, SCALE).psnr.mean(),
    "LR by box": lambda p: np.mean(
        [*psnrs(p, pairs=lambda image, scale: srlib.make_pair(image, scale, "box"))]
    ),
    "LR by bicubic without antialiasing": lambda p: np.mean(
        [*psnrs(p, pairs=without_antialiasing)]
    ),
}


@pytest.mark.parametrize("name", REPORTED)
def test_a_reported_number_is_recognised(photographs, name):
    reported = float(REPORTED[name](photographs))
    table = srlib.audit(right, photographs, SCALE, reported=reported)
    assert faults(table) == ["reported"]
    assert f"{name} (" in row(table, "reported").measured
    assert row(table, "reported").advice


def test_a_number_from_nowhere(photographs):
    table = srlib.audit(right, photographs, SCALE, reported=48.765)
    assert faults(table) == ["reported"]
    assert "48.765 dB is none of the PSNRs known here" in row(table, "reported").measured


def test_eight_psnrs_are_those_of_evaluate(photographs):
    measured = row(srlib.audit("bicubic", photographs, SCALE), "reported").measured
    assert len(measured.split("; ")) == 8
    for text, protocol in (("luma, cropped, 8 bits", None), ("RGB, not cropped, 8 bits", PLAIN)):
        expected = srlib.evaluate("bicubic", photographs, SCALE, protocol=protocol).psnr.mean()
        assert f"{text} {expected:.2f}" in measured


@pytest.mark.parametrize(
    ("method", "reported", "message"),
    [
        (
            "bicubix",
            None,
            "no method or folder 'bicubix'; give a function .* nearest, .*srlib.load",
        ),
        (3, None, "no method or folder '3'"),
        ("bicubic", 0, "reported must be a mean PSNR in dB, such as 32.1, not 0"),
        ("bicubic", float("nan"), "reported must be a mean PSNR in dB, such as 32.1, not nan"),
    ],
)
def test_mistakes_are_told(photographs, method, reported, message):
    with pytest.raises(ValueError, match=message):
        srlib.audit(method, photographs, SCALE, reported=reported)


def test_folders_that_cannot_be_audited(tmp_path, photographs):
    folder = save(tmp_path / "sr", photographs)
    with pytest.raises(
        ValueError, match=r"such as astronaut_x2.png, is called as a .*lena_x4\.png"
    ):
        srlib.audit(folder, [photographs[0]._replace(name="lena")], SCALE)
    srlib.write_png(folder / "camera.png", right(photographs[1].image))
    with pytest.raises(ValueError, match=r"two results for camera, camera\.png and camera_x2\.png"):
        srlib.audit(folder, photographs, SCALE)
    with pytest.raises(ValueError, match="no photographs"):
        srlib.audit("bicubic", [], SCALE)


# The same from a shell.


def shell(*arguments):
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.stdout


@pytest.fixture
def folders(tmp_path, photographs):
    truths = save(tmp_path / "truths", photographs, name="{}.png", truths=True)
    return save(tmp_path / "results", photographs), truths


def test_a_shell_without_faults(folders):
    status, out = shell(*folders, "--scale", 2)
    assert status == 0
    assert "\nok         alignment " in out and "\nnot tried  seams " in out
    assert out.endswith("\nFaults: 0.\n")


def test_a_shell_with_a_fault(folders, photographs):
    reported = round(np.mean([*psnrs(photographs, protocol=PLAIN)]), 2)
    status, out = shell(*folders, "--scale", 2, "--reported", reported)
    assert status == 1
    text = " ".join(out.split())
    assert f"FAULT reported {reported:g} dB is RGB, not cropped, 8 bits" in text
    assert "→ state the protocol beside the number" in text
    assert text.endswith("Faults: 1.")


def test_json_is_a_list_of_rows(folders):
    status, out = shell(*folders, "--scale", 2, "--reported", 12.34, "--json")
    rows = json.loads(out)
    assert status == 1
    assert {tuple(row) for row in rows} == {("check", "fault", "measured", "advice")}
    verdicts = {row["check"]: row["fault"] for row in rows}
    assert verdicts["reported"] is True
    assert verdicts["size"] is False
    assert verdicts["determinism"] is None


def test_a_network_by_its_name(folders):
    status, out = shell("srcnn", folders[1], "--json", "--training", folders[1])
    verdicts = {row["check"]: row["fault"] for row in json.loads(out)}
    assert status == 1
    assert [check for check, fault in verdicts.items() if fault] == ["leak"]
    assert verdicts["batch"] is False


def test_no_such_folder_or_network():
    with pytest.raises(ValueError, match=r"'resluts' is neither a folder .* srcnn.* bicubic"):
        shell("resluts", "course-test")
