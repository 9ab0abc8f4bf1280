"""Datasets made from real files: bad inputs, kills, resumption, and what is read back."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import srlib
from srlib import create_dataset, downscale, photos, read_image, read_pairs, write_png
from srlib.dataset import DatasetError
from srlib.dataset.records import read_sealed, write_sealed

DATA = Path(os.environ.get("SRLIB_DATA") or "data")


pytestmark = pytest.mark.usefixtures("no_photo_sets")


def scene(seed, height=48, width=60):
    """Random blobs of a few sizes: as unlike as photographs, and quickly made."""
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 256, (n, n, 3), np.uint8) for n in (3, 7, 15)]
    big = [Image.fromarray(layer).resize((width, height)) for layer in layers]
    return np.mean(big, axis=0).astype(np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Six photographs; one cannot be read, and one is a copy."""
    for seed in range(5):
        write_png(tmp_path / "photos" / f"p{seed}.png", scene(seed))
    write_png(tmp_path / "photos" / "twin.png", scene(3))
    (tmp_path / "photos" / "bad.jpg").write_bytes(b"no image")
    return tmp_path / "photos"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def tree(folder):
    """The digest of every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stamps(folder):
    """What changes when a file is written again, even with equal bytes."""
    return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def everything(out, scale=2):
    """All pairs of a dataset by name."""
    pairs = {}
    for split in ("train", "valid", "test"):
        names = sorted(path.stem for path in (out / split / "HR").glob("*.png"))
        if names:
            pairs |= zip(names, read_pairs(out, split, scale), strict=True)
    return pairs


# What is written


@pytest.mark.parametrize("kernel", ["bicubic", "lanczos"])
def test_pairs_are_whole_photographs_and_their_lr_images(folder, out, kernel):
    summary = create_dataset(folder, out, scale=4, kernel=kernel)
    pairs = everything(out, 4)
    assert pairs.keys() == {"p0", "p1", "p2", "p3", "p4"}
    assert sum(summary.pairs.values()) == 5
    resampling = {"bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}[kernel]
    for seed in range(5):
        lr, hr = pairs[f"p{seed}"]
        np.testing.assert_array_equal(hr, scene(seed))
        np.testing.assert_array_equal(lr, Image.fromarray(hr).resize((15, 12), resampling))


def test_pairs_may_be_degraded_otherwise(folder, out):
    create_dataset(folder, out, scale=2, kernel="mixed")
    for seed in range(5):
        lr, hr = everything(out, 2)[f"p{seed}"]
        np.testing.assert_array_equal(lr, srlib.degrade(hr, 2, "mixed"))


@pytest.mark.parametrize(("hr_size", "scale"), [(288, 4), (128, 2), (256, 4), (600, 2)])
def test_hr_size_takes_one_crop_from_the_centre(tmp_path, out, hr_size, scale):
    image = scene(0, hr_size + 11, hr_size + 100)
    write_png(tmp_path / "photos" / "a.png", image)
    create_dataset(tmp_path / "photos", out, scale=scale, hr_size=hr_size)
    lr, hr = everything(out, scale)["a"]
    np.testing.assert_array_equal(hr, image[5 : 5 + hr_size, 50 : 50 + hr_size])
    np.testing.assert_array_equal(lr, downscale(hr, scale))
    assert lr.shape == (hr_size // scale, hr_size // scale, 3)


@settings(max_examples=15)
@given(st.data())
def test_hr_is_a_multiple_of_the_scale_and_lr_fits(data):
    scale = data.draw(st.integers(2, 5))
    height, width = data.draw(st.tuples(*[st.integers(scale, 40)] * 2))
    with tempfile.TemporaryDirectory() as temporary:
        source, out = Path(temporary, "photos"), Path(temporary, "out")
        noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        write_png(source / "a.png", noise)
        create_dataset(source, out, scale=scale, min_size=1, workers=1)
        lr, hr = everything(out, scale)["a"]
    assert hr.shape == (height - height % scale, width - width % scale, 3)
    assert lr.shape == (height // scale, width // scale, 3)
    np.testing.assert_array_equal(hr, noise[: hr.shape[0], : hr.shape[1]])
    np.testing.assert_array_equal(lr, downscale(hr, scale))


def test_the_manifest_tells_how_it_was_made(folder, out):
    create_dataset(folder, out, scale=2, hr_size=40, seed=7)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["source"] == str(folder)
    chosen = {"scale": 2, "hr_size": 40, "kernel": "bicubic", "seed": 7, "split": [0.8, 0.1, 0.1]}
    assert chosen.items() <= manifest["settings"].items()
    assert manifest["versions"].keys() >= {"srlib", "pillow", "numpy", "imagehash"}
    assert manifest["benchmarks"]["Urban100"] == "not checked: absent"
    assert manifest["skipped"].keys() == {"bad.jpg", "twin.png"}
    listed = {}
    for split, rows in manifest["pairs"].items():
        for row in rows:
            assert row["file"] == f"{row['name']}.png"
            assert (row["HR"]["size"], row["LR_x2"]["size"]) == ([40, 40], [20, 20])
            for part in ("HR", "LR_x2"):
                listed[f"{split}/{part}/{row['name']}.png"] = row[part]["sha256"]
    files = tree(out)
    del files["manifest.json"]
    assert listed == files


def test_bundled_photographs_need_no_files(out):
    summary = create_dataset("course-test", out, scale=3, hr_size=150)
    assert (sum(summary.pairs.values()), summary.skipped) == (4, {})
    original = next(photo.image for photo in photos("course-test") if photo.name == "chelsea")
    assert original.shape == (300, 451, 3)
    np.testing.assert_array_equal(everything(out, 3)["chelsea"].hr, original[75:225, 150:300])


def test_files_of_one_name_keep_apart(tmp_path, out):
    """By case, or by the two ways in which Unicode writes an accent."""
    for seed, name in enumerate(["a.png", "A.jpg", "a.bmp", "a-2.png", "\xe9.png", "E\u0301.png"]):
        path = tmp_path / "photos" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(scene(seed)).save(path)
    create_dataset(tmp_path / "photos", out, scale=2)
    pairs = everything(out)
    folded = {unicodedata.normalize("NFC", name).casefold() for name in pairs}
    assert len(pairs) == len(folded) == 6
    rows = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["pairs"].values()
    for row in (row for split in rows for row in split):
        hr = read_image(tmp_path / "photos" / row["file"])
        np.testing.assert_array_equal(pairs[row["name"]].hr, hr)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are no text")
def test_a_name_that_is_no_text_is_written_in_escapes(folder, out):
    (folder / "p0.png").rename(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    create_dataset(folder, out, scale=2)
    assert "caf\\xe9" in everything(out)


def test_a_name_too_long_for_the_file_system_is_cut(tmp_path, out):
    source = tmp_path / "photos"
    source.mkdir()
    names = ["x" * 251 + ".png", "x" * 251 + ".bmp", "ü" * 124 + "ab.png"]
    for seed, name in enumerate(names):
        save(source / name, scene(seed))
    summary = create_dataset(source, out, scale=2)
    assert sum(summary.pairs.values()) == 3
    pairs = everything(out)
    assert pairs.keys() == {"x" * 139, "x" * 137 + "-2", "ü" * 69}
    rows = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["pairs"].values()
    for row in (row for split in rows for row in split):
        assert row["file"] in names
        np.testing.assert_array_equal(pairs[row["name"]].hr, read_image(source / row["file"]))


def test_a_path_too_long_says_what_helps(folder, tmp_path):
    out = tmp_path
    while len(str(out)) < 3900:
        out /= "y" * 100
    with pytest.raises(OSError, match="choose a folder with a shorter path, and call again"):
        create_dataset(folder, out / ("y" * 300), scale=2)


# What is left out


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)


def test_every_bad_file_is_skipped_with_its_reason(tmp_path, out):
    source = tmp_path / "photos"
    source.mkdir()
    save(source / "good.png", scene(0))
    (source / "zero.png").write_bytes(b"")
    (source / "truncated.png").write_bytes((source / "good.png").read_bytes()[:-400])
    (source / "text.png").write_text("not an image", encoding="utf-8")
    frames = [Image.fromarray(scene(seed)) for seed in (11, 12)]
    frames[0].save(source / "moving.gif", save_all=True, append_images=frames[1:])
    save(source / "small.png", scene(13, 31, 60))
    save(source / "flat.png", np.full((48, 60, 3), 99, np.uint8))
    save(source / "copy.png", scene(0))
    save(source / "near.jpg", scene(0), quality=90)
    summary = create_dataset(source, out, scale=2)
    starts = {
        "flat.png": "too flat: the luma's standard deviation is 0.0",
        "good.png": "exact duplicate of copy.png",
        "moving.gif": "unreadable: moving.gif is animated (2 frames)",
        "near.jpg": "near duplicate of copy.png",
        "small.png": "too small: 60×31 pixels, at least 32×32",
        "text.png": "unreadable: text.png is not an image",
        "truncated.png": "unreadable: truncated.png is damaged or truncated",
        "zero.png": "unreadable: zero.png is empty (0 bytes)",
    }
    assert summary.skipped.keys() == starts.keys()
    for file, start in starts.items():
        assert summary.skipped[file].startswith(start)
        assert f"{file}: {start}" in repr(summary)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["skipped"] == summary.skipped
    assert everything(out).keys() == {"copy"}


def test_what_else_the_source_holds_is_told(folder, out):
    (folder / "more").mkdir()
    (folder / "phone.jxl").write_bytes(b"\xff\n")
    (folder / "._p0.png").write_bytes(b"no image")
    (folder / "Thumbs.db").write_bytes(b"no image")
    for _ in range(2):  # made, and found again
        summary = create_dataset(folder, out, scale=2)
        assert summary.left_out == "1 .jxl, 1 subfolder"
        assert repr(summary).splitlines()[0].endswith("; skipped: 2; left out: 1 .jxl, 1 subfolder")
        assert summary.skipped.keys() == {"bad.jpg", "twin.png"}


def test_an_unfinished_dataset_of_an_earlier_version_is_finished(folder, out, monkeypatch):
    """Its records hold no look, by which duplicates are told now."""
    monkeypatch.setattr("srlib.dataset.creation.publish", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        create_dataset(folder, out, scale=2)
    (out / ".work" / "manifest.json").unlink()
    for path in (out / ".work" / "records").iterdir():
        row = read_sealed(path)
        row.pop("look", None)
        write_sealed(path, row)
    monkeypatch.undo()
    assert sum(create_dataset(folder, out, scale=2).pairs.values()) == 5


def test_unusual_files_become_the_rgb_that_a_viewer_shows(tmp_path, out):
    source = tmp_path / "photos"
    source.mkdir()
    save(source / "jpeg named.png", scene(0), format="JPEG")
    Image.fromarray(scene(1)).convert("CMYK").save(source / "cmyk.jpg")
    Image.fromarray(scene(2)).quantize(64).save(source / "palette.png")
    save(source / "alpha.png", np.dstack([scene(3), scene(4)[..., :1]]))
    save(source / "16bit.png", scene(5)[..., 0].astype(np.uint16) * 257)
    save(source / "gray.png", scene(6)[..., 0])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise
    save(source / "turned.jpg", scene(7), exif=exif)
    summary = create_dataset(source, out, scale=2)
    assert summary.skipped == {}
    pairs = everything(out)
    assert len(pairs) == 7
    for path in source.iterdir():
        np.testing.assert_array_equal(pairs[path.stem].hr, read_image(path))
    assert pairs["turned"].hr.shape == (60, 48, 3)
    np.testing.assert_array_equal(pairs["16bit"].hr[..., 1], scene(5)[..., 0])


def test_a_decompression_bomb_is_skipped(folder, out, monkeypatch):
    write_png(folder / "bomb.png", scene(20, 100, 100))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 60)
    summary = create_dataset(folder, out, scale=2, workers=1)
    assert "bomb.png is too large" in summary.skipped["bomb.png"]
    assert len(everything(out)) == 5


def test_worker_processes_have_the_limit_of_this_one(folder, out, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 60 // 3)
    with pytest.raises(ValueError, match=r"p0.png is too large"):
        create_dataset(folder, out, scale=2, workers=2)


def test_photographs_of_a_benchmark_are_refused(folder, out, monkeypatch, tmp_path):
    monkeypatch.setenv("SRLIB_DATA", str(tmp_path))
    write_png(tmp_path / "Urban100" / "img_001.png", scene(2, 96, 120))
    summary = create_dataset(folder, out, scale=2)
    assert summary.skipped["p2.png"].startswith("benchmark image Urban100/img_001 (")
    assert "p2" not in everything(out)
    assert summary.benchmarks["Urban100"] == "the images"


@pytest.mark.skipif(not (DATA / "Set5").is_dir(), reason="Set5 is not in the data root")
def test_set5_is_refused_altogether(out):
    with pytest.raises(ValueError, match=r"none of the 5 photographs .* benchmark image Set5/baby"):
        create_dataset(DATA / "Set5", out, scale=2)


def test_an_empty_folder_is_an_error_that_makes_nothing(tmp_path, out):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no image files"):
        create_dataset(tmp_path / "empty", out, scale=2)
    assert not out.exists()


def test_nothing_usable_is_an_error_that_leaves_no_trace(tmp_path, out):
    write_png(tmp_path / "photos" / "a.png", scene(0, 20, 20))
    with pytest.raises(ValueError, match=r"a.png: too small"):
        create_dataset(tmp_path / "photos", out, scale=2)
    assert list(out.iterdir()) == []
    assert create_dataset(tmp_path / "photos", out, scale=2, min_size=20).pairs["train"] == 1


@pytest.mark.parametrize(
    "setting",
    [{"hr_size": 47}, {"split": (1, 2)}, {"seed": None}, {"workers": 0}, {"workers": "2"}],
)
def test_wrong_settings_are_refused_before_any_work(folder, out, setting):
    with pytest.raises(ValueError, match=next(iter(setting))):
        create_dataset(folder, out, scale=2, **setting)
    assert not out.exists()


# How the work is done


def test_the_bytes_do_not_depend_on_who_works_nor_on_the_order_of_files(folder, tmp_path):
    create_dataset(folder, tmp_path / "one", scale=2, workers=1)
    create_dataset(folder, tmp_path / "two", scale=2, workers=2)
    with ThreadPoolExecutor(3) as executor:
        create_dataset(folder, tmp_path / "threads", scale=2, executor=executor)
        assert executor.submit(int, "1").result() == 1  # it was not shut down
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    for path in folder.iterdir():
        path.unlink()
    for name, content in reversed(files):
        (folder / name).write_bytes(content)
    create_dataset(folder, tmp_path / "reversed", scale=2)
    one = tree(tmp_path / "one")
    assert len(one) == 11
    assert (
        one == tree(tmp_path / "two") == tree(tmp_path / "threads") == tree(tmp_path / "reversed")
    )


def test_progress_goes_to_standard_output(folder, out, capsys):
    create_dataset(folder, out, scale=2)
    captured = capsys.readouterr()
    assert "7/7" in captured.out
    assert captured.err == ""


def test_a_finished_dataset_is_left_as_it_is(folder, out):
    first = create_dataset(folder, out, scale=2)
    before = stamps(out)
    assert create_dataset(folder, out, scale=2) == first
    assert stamps(out) == before


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"scale": 3}, "scale is 2 there, 3 here"),
        ({"seed": 1}, "seed is 0 there, 1 here"),
        ({"split": (3, 1, 1)}, r"split is \[0.8, 0.1, 0.1\] there, \[3, 1, 1\] here"),
        ({"kernel": "box"}, "kernel is 'bicubic' there, 'box' here"),
    ],
)
def test_a_finished_dataset_of_other_settings_is_not_touched(folder, out, setting, words):
    create_dataset(folder, out, scale=2)
    before = stamps(out)
    with pytest.raises(DatasetError, match=words):
        create_dataset(folder, out, **{"scale": 2, **setting})
    assert stamps(out) == before


def test_photographs_that_changed_are_noticed(folder, out):
    create_dataset(folder, out, scale=2)
    write_png(folder / "p5.png", scene(5))
    with pytest.raises(DatasetError, match=r"photographs is '7, names and sizes .* '8, names"):
        create_dataset(folder, out, scale=2)


def test_a_split_that_asks_for_too_much_can_be_corrected_without_new_work(folder, out):
    with pytest.raises(ValueError, match=r"\(2, 3, 2\) asks for more than the 5 usable"):
        create_dataset(folder, out, scale=2, split=(2, 3, 2))
    prepared = {stamp[0] for stamp in stamps(out).values()}
    summary = create_dataset(folder, out, scale=2, split=(9, 1, 1))
    assert summary.pairs == {"train": 3, "valid": 1, "test": 1}
    assert "9 were asked for in train, 5 are usable in all" in repr(summary)
    assert {stamp[0] for path, stamp in stamps(out).items() if path.suffix == ".png"} <= prepared


def test_other_files_in_the_folder_are_not_touched(folder, out):
    write_png(out / "train" / "HR" / "p0.png", scene(9))
    before = stamps(out)
    with pytest.raises(DatasetError, match=r"holds other files \(train"):
        create_dataset(folder, out, scale=2)
    assert stamps(out) == before


def test_a_folder_that_cannot_be_made_is_an_error_that_loses_nothing(folder, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for out in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(OSError, match=r"could not be finished .* Nothing is lost"):
            create_dataset(folder, out, scale=2)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


# Records that somebody changed


def truncated(path):
    path.write_bytes(path.read_bytes()[:-20])


def edited(path):
    path.write_text(path.read_text(encoding="utf-8").replace("p1", "p7"), encoding="utf-8")


def emptied(path):
    path.write_text("[]", encoding="utf-8")


@pytest.mark.parametrize("change", [truncated, edited, emptied])
def test_a_changed_manifest_is_named(folder, out, change):
    create_dataset(folder, out, scale=2)
    change(out / "manifest.json")
    before = stamps(out)
    with pytest.raises(DatasetError, match=r"manifest.json was edited or truncated"):
        create_dataset(folder, out, scale=2)
    assert stamps(out) == before


@pytest.mark.parametrize("change", [truncated, edited, emptied])
def test_a_changed_record_is_named(folder, out, change):
    with pytest.raises(ValueError, match="asks for more"):
        create_dataset(folder, out, scale=2, split=(2, 3, 2))  # stops after all are prepared
    path = next(p for p in (out / ".work" / "records").iterdir() if '"p1"' in p.read_text("utf-8"))
    change(path)
    with pytest.raises(DatasetError, match=f"{path.name} was edited or truncated"):
        create_dataset(folder, out, scale=2)


def test_staging_of_other_or_unknown_settings_is_not_used(folder, out):
    with pytest.raises(ValueError, match="asks for more"):
        create_dataset(folder, out, scale=2, split=(2, 3, 2))
    with pytest.raises(DatasetError, match=r"an unfinished dataset of other settings .scale is 2"):
        create_dataset(folder, out, scale=3)
    (out / ".work" / "settings.json").unlink()
    with pytest.raises(DatasetError, match=r"settings.json was removed"):
        create_dataset(folder, out, scale=2)


def test_a_split_that_was_begun_is_finished_or_refused(folder, out, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("srlib.dataset.creation.publish", interrupted)
        create_dataset(folder, out, scale=2)
    with pytest.raises(DatasetError, match=r"unfinished dataset of other settings \(seed is 0"):
        create_dataset(folder, out, scale=2, seed=1)
    create_dataset(folder, out, scale=2)
    create_dataset(folder, tmp_path / "whole", scale=2)
    assert tree(out) == tree(tmp_path / "whole")


def test_an_image_that_was_removed_is_named(folder, out):
    create_dataset(folder, out, scale=2)
    victim = next((out / "train" / "LR_x2").iterdir())
    victim.unlink()
    with pytest.raises(DatasetError, match=f"{victim.name} was removed"):
        create_dataset(folder, out, scale=2)


def test_a_prepared_image_that_was_removed_is_made_again(folder, out, tmp_path):
    with pytest.raises(ValueError, match="asks for more"):
        create_dataset(folder, out, scale=2, split=(2, 3, 2))
    sorted((out / ".work" / "HR").iterdir())[0].unlink()
    create_dataset(folder, out, scale=2)
    create_dataset(folder, tmp_path / "other", scale=2)
    assert tree(out) == tree(tmp_path / "other")


# Kills


# Renaming is the only way in which a file appears, so a kill before each of them in turn is a kill
# at every moment that differs. Each runs in a process of its own, which dies without cleaning up.
KILL_EVERYWHERE = """
import json, os, signal, sys
import scipy.fftpack  # once here, not in each child
from srlib.dataset import create_dataset

source, folder = sys.argv[1:]
replace = os.replace

def run(out, kill_at, log):
    if child := os.fork():
        return os.waitpid(child, 0)[1]
    renamed = 0
    def counting(*arguments, **options):
        nonlocal renamed
        renamed += 1
        if renamed == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*arguments, **options)
    os.replace = counting
    sys.stdout = open(os.devnull, "w")
    create_dataset(source, out, scale=2, workers=1)
    with open(log, "w") as file:
        file.write(str(renamed))
    os._exit(0)

results, log = {}, os.path.join(folder, "log")
for kill_at in range(1, 100):
    out = os.path.join(folder, str(kill_at))
    status = run(out, kill_at, log)
    if status != signal.SIGKILL:
        assert status == 0, status
        break
    assert run(out, 0, log) == 0
    results[kill_at] = int(open(log).read())
print(json.dumps(results))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_anywhere_it_finishes_the_rest_and_redoes_nothing(folder, tmp_path):
    kills = tmp_path / "kills"
    kills.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", KILL_EVERYWHERE, folder, kills],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    results = {int(key): value for key, value in json.loads(ran.stdout).items()}
    # The settings, a record for each of 7 files, two images for each of 6, the plan, the moves of
    # the two images of 5 pairs, the manifest.
    total = 1 + 7 + 12 + 1 + 10 + 1
    assert list(results) == list(range(1, total + 1))
    create_dataset(folder, tmp_path / "whole", scale=2)
    whole = tree(tmp_path / "whole")
    # bad.jpg, first by name, has the second rename; then each photograph has HR, LR and record.
    for kill_at, renames in results.items():
        done = kill_at - 1
        lost = (done - 2) % 3 if 2 <= done < 20 else 0  # images of the photograph in hand
        assert renames == total - done + lost, f"killed before rename {kill_at}"
        assert tree(kills / str(kill_at)) == whole, f"killed before rename {kill_at}"


TWO_WORKERS = """
import sys
from srlib.dataset import create_dataset

if __name__ == "__main__":
    create_dataset(sys.argv[1], sys.argv[2], scale=2, workers=2)
"""


def alive(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_workers_leave_whole_files_and_no_orphans(tmp_path, out):
    source = tmp_path / "photos"
    for seed in range(24):
        write_png(source / f"p{seed:02}.png", scene(seed, 240, 320))
    script = tmp_path / "script.py"
    script.write_text(TWO_WORKERS, encoding="utf-8")
    process = subprocess.Popen([sys.executable, script, source, out], stdout=subprocess.DEVNULL)
    records = out / ".work" / "records"
    while process.poll() is None and len(list(records.glob("*.json"))) < 3:
        time.sleep(0.01)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    process.kill()
    assert process.wait() == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while any(map(alive, workers)):
        assert time.monotonic() < deadline, "workers outlive the process that was killed"
        time.sleep(0.01)
    before = stamps(records)
    with pytest.raises(DatasetError, match="is unfinished: call create_dataset again"):
        read_pairs(out, "train", 2)
    done = [
        json.loads(path.read_text("utf-8"))["name"] for path in before if path.suffix == ".json"
    ]
    assert 3 <= len(done) < 24
    staged = {path.stat().st_ino for path in (out / ".work" / "HR").iterdir()}
    create_dataset(source, out, scale=2, workers=1)
    for name in done:
        path = next(out.glob(f"*/HR/{name}.png"))
        assert path.stat().st_ino in staged
    create_dataset(source, tmp_path / "whole", scale=2, workers=1)
    assert tree(out) == tree(tmp_path / "whole")


FULL = """
import resource, sys
from srlib.dataset import create_dataset

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))  # the workers inherit it
    create_dataset(sys.argv[1], sys.argv[2], scale=2, workers=int(sys.argv[3]))
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_when_nothing_more_can_be_written_what_is_done_stays(tmp_path, out, workers):
    pytest.importorskip("resource", reason="this system has no limits for a process")
    source = tmp_path / "photos"
    for seed in range(4):
        write_png(source / f"p{seed}.png", scene(seed, 32, 32))
    write_png(source / "p9.png", scene(9, 100, 100))
    script = tmp_path / "full.py"
    script.write_text(FULL, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, script, source, out, str(workers)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert f"the dataset {out} could not be finished" in ran.stderr
    assert "File too large" in ran.stderr
    assert not any(path.name.startswith(".partial") for path in out.rglob("*"))
    done = stamps(out / ".work" / "HR")
    assert len(done) == 4
    create_dataset(source, out, scale=2)
    kept = set(stamps(out).values())
    assert kept >= set(done.values())
    assert len(everything(out)) == 5


UNGUARDED = """
import sys
from srlib import create_dataset

create_dataset(sys.argv[1], sys.argv[2], scale=2, workers=2)
"""


def test_a_script_without_a_guard_is_told_about_it(folder, out, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, script, folder, out], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "DatasetError: a worker process died. A script must call create_dataset" in ran.stderr
    assert len(create_dataset(folder, out, scale=2).skipped) == 2


def test_importing_it_loads_no_networks():
    code = (
        "import sys, srlib.dataset; print([m for m in sys.modules if m in ('keras', 'tensorflow')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


# The summary, and reading back


def test_the_summary_shows_counts_and_reasons(folder, out):
    summary = create_dataset(folder, out, scale=2)
    assert summary.pairs == {"train": 4, "valid": 0, "test": 1}  # 4.0, 4.5 and 5, rounded to even
    text = repr(summary)
    assert f"{out}: train 4, valid 0, test 1 pairs; skipped: 2" in text
    assert "twin.png: exact duplicate of p3.png" in text
    assert "Urban100: not checked: absent" in text
    markup = summary._repr_html_()
    assert "<td>twin.png</td><td>exact duplicate of p3.png</td>" in markup
    assert json.loads(json.dumps(summary.as_dict()))["pairs"] == summary.pairs


def test_a_long_summary_is_cut_short(folder, out):
    for i in range(30):
        (folder / f"<{i}>.png").write_bytes(b"")
    summary = create_dataset(folder, out, scale=2, workers=1)
    assert len(summary.skipped) == 32
    assert "and 12 more, see .skipped" in repr(summary)
    assert "&lt;0&gt;.png" in summary._repr_html_()


@pytest.fixture
def made(folder, out):
    create_dataset(folder, out, scale=2)
    return out


def test_pairs_are_read_back_in_the_order_of_their_names(made):
    names = sorted(path.stem for path in (made / "train" / "HR").iterdir())
    pairs = read_pairs(made, "train", 2)
    assert len(pairs) == len(names) == 4
    for name, pair in zip(names, pairs, strict=True):
        np.testing.assert_array_equal(pair.hr, scene(int(name[1:])))


def test_a_pair_that_does_not_fit_is_named(made):
    path = sorted((made / "train" / "LR_x2").iterdir())[1]
    write_png(path, read_image(path)[:-1])
    with pytest.raises(DatasetError, match=rf"60×48 pixels, but {path} has 30×23"):
        read_pairs(made, "train", 2)


def test_an_image_without_partner_is_named(made):
    path = sorted((made / "train" / "LR_x2").iterdir())[1]
    path.rename(path.with_name("other.png"))
    with pytest.raises(DatasetError, match="has no partner in"):
        read_pairs(made, "train", 2)


@pytest.mark.parametrize(("split", "scale"), [("validation", 2), ("train", 3), ("valid", 2)])
def test_an_absent_split_or_scale_lists_what_there_is(made, split, scale):
    with pytest.raises(ValueError, match="it holds test/LR_x2, train/LR_x2"):
        read_pairs(made, split, scale)


def test_a_folder_without_dataset_says_so(tmp_path):
    with pytest.raises(ValueError, match="it holds no dataset"):
        read_pairs(tmp_path, "train", 2)
