"""One table, one protocol."""

import itertools

import numpy as np
import pytest
from skimage import data

import srlib
from srlib.evaluation import evaluate, join, published, summary
from srlib.photos import data_root
from srlib.upscaling import predict

BENCHMARKS = ("Set5", "Set14", "BSD100")


@pytest.fixture(scope="module")
def photographs():
    return [
        srlib.Photo("cat", data.chelsea()[50:151, 100:233]),
        srlib.Photo("camera", np.repeat(data.camera()[100:200, 200:300, None], 3, 2), gray=True),
    ]


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos"])
def test_a_row_an_image(photographs, method):
    table = evaluate(method, photographs, 3)
    assert table.columns.tolist() == ["method", "set", "scale", "image", "psnr", "ssim"]
    assert table.image.tolist() == ["cat", "camera"]
    assert (table.method == method).all()
    hr = srlib.modcrop(photographs[0].image, 3)
    sr = srlib.interpolate(srlib.downscale(hr, 3), 3, method)
    assert table.psnr[0] == srlib.psnr(hr, sr, scale=3)
    assert table.ssim[0] == srlib.ssim(hr, sr, scale=3)


def test_other_metrics_are_those_of_the_8_bit_image(photographs):
    names = ["checkerboard", "consistency", "color_shift", "detail", "student_distance", "psnr"]
    table = evaluate("bicubic", photographs, 2, metrics=names)
    assert table.columns.tolist()[4:] == names
    lr, hr = srlib.make_pair(photographs[0].image, 2)
    sr = srlib.interpolate(lr, 2)
    assert table.checkerboard[0] == srlib.checkerboard(sr, scale=2)
    assert table.consistency[0] == srlib.consistency(lr, sr)
    assert table.color_shift[0] == srlib.color_shift(hr, sr)
    assert table.detail[0] == srlib.detail(sr, scale=2)
    assert table.student_distance[0] > 0
    assert summary(table).columns.tolist() == ["method", "set", "scale", *names]


def test_a_network_is_measured_in_8_bits_too(photographs):
    model = srlib.build("srcnn", 2)
    table = evaluate(model, photographs, 2, metrics=["color_shift", "psnr"])
    lr, hr = srlib.make_pair(photographs[0].image, 2)
    assert table.color_shift[0] == srlib.color_shift(hr, srlib.upscale(lr, model))


def test_an_unknown_metric_lists_the_known(photographs):
    with pytest.raises(ValueError, match="unknown metric 'lpips'; choose some of psnr, ssim, ms_"):
        evaluate("bicubic", photographs, 2, metrics=["psnr", "lpips"])


def test_kernels_rank_as_everyone_knows(photographs):
    psnr = {m: evaluate(m, photographs, 2).psnr.mean() for m in ("nearest", "bilinear", "bicubic")}
    assert psnr["nearest"] < psnr["bilinear"] < psnr["bicubic"]


def test_a_gray_file_is_compared_without_studio_range(photographs):
    as_gray = evaluate("bicubic", [photographs[1]], 2).psnr[0]
    as_color = evaluate("bicubic", [photographs[1]._replace(gray=False)], 2).psnr[0]
    assert as_color - as_gray == pytest.approx(20 * np.log10(255 / 219), abs=1e-3)


def test_a_network(photographs):
    model = srlib.build("srcnn", 2)
    table = evaluate(model, photographs, 2)
    assert (table.method == "srcnn_x2").all()
    lr, hr = srlib.make_pair(photographs[0].image, 2)
    # From run to run a sum may differ in its last bit, and with it a pixel that lies between two.
    expected = srlib.psnr(hr, srlib.upscale(lr, model), scale=2)
    assert table.psnr[0] == pytest.approx(expected, abs=1e-3)


def test_an_ensemble(photographs):
    model = srlib.build("srcnn", 2)
    table = evaluate(model, photographs[:1], 2, ensemble=True)
    assert table.method.tolist() == ["srcnn_x2+"]
    lr, hr = srlib.make_pair(photographs[0].image, 2)
    assert table.psnr[0] == srlib.psnr(hr, predict(model, lr, ensemble=True), scale=2)
    with pytest.raises(ValueError, match="an ensemble needs a network, and 'bicubic'"):
        evaluate("bicubic", photographs, 2, ensemble=True)


def test_the_protocol_travels(photographs):
    rgb = srlib.Protocol(color="rgb")
    table = evaluate("bicubic", photographs, 2, protocol=rgb)
    assert table.attrs["protocol"] == rgb
    assert summary(table).attrs["protocol"] == rgb
    assert join(table, table).attrs["protocol"] == rgb


def test_tables_of_different_protocols_are_not_joined(photographs):
    luma = evaluate("bicubic", photographs, 2)
    rgb = evaluate("bicubic", photographs, 2, protocol=srlib.Protocol(color="rgb"))
    with pytest.raises(ValueError, match=r"do not compare: \(BT.601 luma.*\) and \(RGB"):
        join(luma, rgb)
    with pytest.raises(ValueError, match=r"and \(None\)"):
        join(luma, published())


def test_a_degradation_is_part_of_the_protocol(photographs):
    how = srlib.Protocol(lr_kernel="jpeg-30")
    table = evaluate("bicubic", photographs, 2, protocol=how, metrics=["psnr", "consistency"])
    for photo, row in zip(photographs, table.itertuples(), strict=True):
        lr, hr = srlib.make_pair(photo.image, 2, "jpeg-30")
        sr = srlib.interpolate(lr, 2)
        truth = photo.truth[: hr.shape[0], : hr.shape[1]]
        assert row.psnr == pytest.approx(srlib.psnr(truth, sr, scale=2), abs=1e-9)
        assert row.consistency == pytest.approx(srlib.consistency(lr, sr), abs=1e-9)
    clean = evaluate("bicubic", photographs, 2)
    assert (clean.psnr > table.psnr + 0.5).all()
    with pytest.raises(ValueError, match=r"different protocols.*JPEG 30"):
        srlib.join(clean, table)


def test_the_summary_is_the_mean(photographs):
    table = join(evaluate("bicubic", photographs, 2), evaluate("nearest", photographs, 2))
    means = summary(table)
    assert means.method.tolist() == ["bicubic", "nearest"]
    assert means.psnr[0] == pytest.approx(table.psnr[:2].mean())


def test_an_unknown_method_lists_the_known(photographs):
    with pytest.raises(
        ValueError, match=r"'cubic'; choose one of nearest.*lanczos, or give a network"
    ):
        evaluate("cubic", photographs, 2)


def test_no_photographs():
    with pytest.raises(ValueError, match="no photographs"):
        evaluate("bicubic", [], 2)


def test_a_network_of_another_scale(photographs):
    with pytest.raises(ValueError, match="srcnn_x3 enlarges ×3, but the scale is 2"):
        evaluate(srlib.build("srcnn", 3), photographs, 2)


def test_published_rows():
    table = published()
    assert table.notna().all(axis=None)
    assert not table.duplicated(["method", "set", "scale"]).any()
    assert {"bicubic", *srlib.RECIPES} >= set(table.method)
    for network in ("srcnn", "fsrcnn", "vdsr", "edsr"):
        rows = table[table.method == network].merge(
            table[table.method == "bicubic"], on=["set", "scale"], suffixes=("", "_bicubic")
        )
        assert {*itertools.product(BENCHMARKS, (2, 3, 4))} <= {
            *rows.set_index(["set", "scale"]).index
        }
        assert (rows.psnr > rows.psnr_bicubic).all() and (rows.ssim > rows.ssim_bicubic).all()


@pytest.mark.parametrize("name", BENCHMARKS)
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_bicubic_reproduces_the_literature(name, scale):
    if not (data_root() / name).is_dir():
        pytest.skip(f"{name} is not in {data_root()}")
    ours = summary(evaluate("bicubic", name, scale)).iloc[0]
    theirs = published().query("method == 'bicubic' and set == @name and scale == @scale").iloc[0]
    assert ours.psnr == pytest.approx(theirs.psnr, abs=0.02)
    assert ours.ssim == pytest.approx(theirs.ssim, abs=0.0012)


def test_a_photograph_that_cannot_be_measured_stops_no_other(tmp_path, caplog):
    image = data.chelsea()[:60, :80]
    srlib.write_png(tmp_path / "good.png", image)
    srlib.write_png(tmp_path / "tiny.png", image[:12, :12])  # SSIM needs more after cropping
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    table = srlib.evaluate("bicubic", tmp_path, 2)
    assert table.image.tolist() == ["good"]
    lines = caplog.messages
    assert len(lines) == 2
    assert f"{tmp_path.name}/broken is not measured: {tmp_path}/broken.png is" in lines[0]
    assert f"{tmp_path.name}/tiny is not measured: SSIM needs 11×11 pixels" in lines[1]
    (tmp_path / "good.png").unlink()
    with pytest.raises(srlib.ImageError, match=r"broken\.png"):
        srlib.evaluate("bicubic", tmp_path, 2)


def test_an_infinite_psnr_is_explained(caplog):
    even = srlib.photos("course-test")[0]._replace(
        name="even", image=np.full((64, 64, 3), 99, np.uint8)
    )
    table = srlib.evaluate("bicubic", [even], 2)
    assert np.isinf(table.psnr[0]) and np.isinf(summary(table).psnr[0])
    assert caplog.messages == [
        "photographs: no pixel of even differs, so its PSNR is infinite, and the mean with it (inf "
        "in a table, null in JSON)"
    ]
