"""Many files: names, folders, what is done already, bad ones, and an end at any moment."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import srlib
from srlib.images import read_image, software_of
from srlib.upscaling import files as files_module

RGB = np.random.default_rng(0).integers(0, 256, (12, 15, 3), np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Photographs in a folder and in one within it, among what systems and people leave there."""
    folder = tmp_path / "photos"
    for name in ("a.png", "b.jpg", "c.bmp", "100% ü\nx.png", "inner/a.png", "inner/deep/d.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RGB).save(folder / name)
    for name in (".hidden.png", "._a.png", "@eaDir/a.png", "__MACOSX/a.png", ".cache/a.png",
                 "notes.txt", "Thumbs.db"):  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no image")
    return folder


def tree(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def statuses(results):
    return {result.source.name: result.status for result in results}


def test_a_folder_beside(folder, repeat, caplog):
    before = tree(folder)
    results = srlib.upscale_many([folder], repeat, 2)
    made = tree(folder) - before
    assert made == {"a_x2.png", "b_x2.jpg", "c_x2.png", "100% ü\nx_x2.png"}
    assert {result.status for result in results} == {"written"}
    np.testing.assert_array_equal(
        read_image(folder / "a_x2.png"), RGB.repeat(2, axis=0).repeat(2, axis=1)
    )
    assert "subfolders, which recursive takes in: 1; files that are no images" in caplog.text
    again = srlib.upscale_many([folder], repeat, 2)
    assert {result.status for result in again} == {"skipped"}
    assert len(again) == 4 and tree(folder) == before | made


def test_a_tree_into_a_folder_within(folder, repeat):
    before = tree(folder)
    out = folder / "larger"
    for _ in range(2):
        srlib.upscale_many([folder], repeat, 1.5, out=out, recursive=True)
    assert tree(folder) - before == {
        f"larger/{name}"
        for name in ("a_x1.5.png", "b_x1.5.jpg", "c_x1.5.png", "100% ü\nx_x1.5.png",
                     "inner/a_x1.5.png", "inner/deep/d_x1.5.png")
    }  # fmt: skip


def test_a_folder_into_itself(folder, repeat):
    """A second run enlarges no result of the first."""
    before = tree(folder)
    for recursive in (True, True, False):
        results = srlib.upscale_many([folder], repeat, 2, out=folder, recursive=recursive)
        made = tree(folder) - before
        assert len(made) == 6
        assert not any(name.count("_x2") > 1 for name in made)
        assert len(results) == (6 if recursive else 4)
    assert {result.status for result in results} == {"skipped"}


def test_patterns_and_names(folder, repeat, tmp_path):
    pattern = str(folder / "**" / "[ad].png")
    with pytest.raises(ValueError, match=r"inner/a\.png would both become .*out/a_w31\.png"):
        srlib.upscale_many([pattern], repeat, width=31, out=tmp_path / "out")
    pattern = str(folder / "inner" / "**" / "*.png")
    results = srlib.upscale_many(
        [pattern, folder / "b.jpg", folder / "b.jpg"],
        repeat, width=31, out=tmp_path / "out", template="{model}/{stem}-{size}.webp",
    )  # fmt: skip
    assert len(results) == 3
    assert tree(tmp_path / "out") == {f"repeat/{stem}-w31.webp" for stem in "adb"}
    with pytest.raises(FileNotFoundError, match=r"no file or folder '.*\*\.gif', nor any match"):
        srlib.upscale_many([str(folder / "*.gif")], repeat, 2)


def test_a_literal_name_is_no_pattern(tmp_path, repeat):
    srlib.write_png(tmp_path / "a[1].png", RGB)
    assert statuses(srlib.upscale_many([tmp_path / "a[1].png"], repeat, 2)) == {
        "a[1].png": "written"
    }
    assert (tmp_path / "a[1]_x2.png").exists()


@pytest.mark.skipif(os.name == "nt", reason="there every name is text")
def test_a_name_of_odd_bytes(tmp_path, repeat):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")
    srlib.write_png(path, RGB)
    assert {r.status for r in srlib.upscale_many([tmp_path], repeat, 2)} == {"written"}
    assert Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff_x2.png")).exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"template": "{stem}{suffix}"}, "x.png, is one of the images to be enlarged"),
        ({"template": "same.png"}, r"'same.png' must hold \{stem\} or \{name\}, and no other"),
        ({"template": "{stem}_{date}.png"}, r"no other fields than \{stem\}, \{suffix\}, \{name\}"),
        ({"template": "{stem.__class__}"}, "no other fields than"),
        ({"template": "{stem"}, "must hold"),
        ({"template": "{stem}.gif"}, r"x\.gif must end in one of \.png"),
        ({"out": "larger.png"}, r"larger\.png must be a folder"),
        ({"quality": 0}, "quality must be from 1 to 100, not 0"),
        ({"scale": None}, "give one of scale, width, height and megapixels, not none"),
    ],
)
def test_errors_come_before_any_work(folder, repeat, monkeypatch, options, message):
    monkeypatch.chdir(folder)
    before = tree(folder)
    with pytest.raises(ValueError, match=message):
        srlib.upscale_many([folder], repeat, **({"scale": 2} | options))
    assert tree(folder) == before


def test_two_inputs_for_one_output(folder, repeat):
    Image.fromarray(RGB).save(folder / "a.bmp")
    with pytest.raises(ValueError, match=r"a\.bmp and .*a\.png would both become .*a_x2\.png: cho"):
        srlib.upscale_many([folder], repeat, 2)
    results = srlib.upscale_many([folder], repeat, 2, template="{name}_{size}.png")
    assert {"a.png_x2.png", "a.bmp_x2.png"} <= tree(folder)
    assert {result.status for result in results} == {"written"}


def test_a_folder_without_images(tmp_path, repeat):
    with pytest.raises(ValueError, match=f"there are no image files in {tmp_path}"):
        srlib.upscale_many([tmp_path], repeat, 2)
    with pytest.raises(OSError, match="'/proc"):
        srlib.write_png(tmp_path / "a.png", RGB)
        srlib.upscale_many([tmp_path], repeat, 2, out="/proc/larger")


def test_what_is_there_is_skipped_only_if_it_is_new_whole_and_the_same(folder, repeat):
    out = folder.parent / "out"

    def run(**options):
        results = srlib.upscale_many([folder], repeat, **({"scale": 2, "out": out} | options))
        return {r.source.name: (r.status, r.error) for r in results}

    run()
    first, second = out / "a_x2.png", out / "b_x2.jpg"
    os.utime(folder / "a.png", (2e9, 2e9))  # the photograph is newer
    second.write_bytes(second.read_bytes()[:-40])  # the result is cut off
    found = run()
    assert [found[n][0] for n in ("a.png", "b.jpg", "c.bmp")] == ["written", "written", "skipped"]
    assert read_image(second).shape == (24, 30, 3)

    before = first.read_bytes()
    found = run(scale=4, template="{stem}_x2{suffix}")
    assert {status for status, _ in found.values()} == {"failed"}
    assert f"{first} is there, and is x2 by repeat, not x4 by repeat: it" in found["a.png"][1]
    srlib.write_png(first, RGB)  # a photograph of somebody's
    assert "is no result of srlib's, not x2 by repeat" in run()["a.png"][1]
    assert read_image(first).shape == RGB.shape
    assert {status for status, _ in run(overwrite=True).values()} == {"written"}
    assert first.read_bytes() == before


def test_one_bad_file_stops_no_other(folder, repeat):
    (folder / "broken.png").write_bytes(b"no image")
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    Image.fromarray(np.dstack([RGB, RGB[..., 0]])).save(folder / "clear.jpg", format="PNG")
    results = {r.source.name: r for r in srlib.upscale_many([folder], repeat, 2)}
    failed = {name: r.error for name, r in results.items() if r.status == "failed"}
    assert failed.keys() == {"broken.png", "lost.png", "clear.jpg"}
    assert "broken.png is not an image that Pillow can read" in failed["broken.png"]
    assert "JPEG cannot hold transparency: name a file that ends in .png" in failed["clear.jpg"]
    assert "No such file" in failed["lost.png"]
    assert len(results) == 7


def test_a_full_disk_ends_the_run(folder, repeat, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a_x2.png")

    monkeypatch.setattr(files_module, "write_bands", full)
    with pytest.raises(OSError, match="No space left"):
        srlib.upscale_many([folder], repeat, 2)


def test_results_can_be_enlarged_when_they_are_named(folder, repeat):
    srlib.upscale_many([folder], repeat, 2)
    (result,) = srlib.upscale_many([folder / "a_x2.png"], repeat, 2)
    assert result.out == folder / "a_x2_x2.png"
    assert software_of(result.out).endswith("x2 by repeat")


KILLS = """
import os, signal, sys
from pathlib import Path
import srlib
folder, out = sys.argv[1], Path(sys.argv[2])
begun = 0

def work(out):
    return srlib.upscale_many([folder], "bicubic", 2, out=out, recursive=True)

def visible(out):
    files = (p for p in out.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(path.relative_to(out)): path.read_bytes() for path in files}

def kill_at(last):
    def look(event, arguments):
        global begun
        path = arguments[0] if arguments else ""
        changes = event in ("os.rename", "os.remove", "os.mkdir", "os.chmod")
        if event == "open":
            changes = arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if changes and isinstance(path, (str, Path)) and str(path).startswith(str(out)):
            begun += 1
            if begun == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(look)

work(Path(sys.argv[3]))
expected = visible(Path(sys.argv[3]))
assert len(expected) == 6
kills = 0
for last in (1, 2, 4, 7, 9, 5, 8, 6, 10, 3, 11, 13, 99):
    child = os.fork()
    if not child:
        kill_at(last)
        os._exit(any(result.status == "failed" for result in work(out)))
    status = os.waitpid(child, 0)[1]
    assert visible(out).items() <= expected.items()
    if status != signal.SIGKILL:
        break
    kills += 1
assert status == 0 and visible(out) == expected
print(kills)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_a_kill_leaves_whole_files_and_a_second_run_goes_on(folder, tmp_path):
    """Every run is killed at one of its file operations, until one has nothing left to do."""
    command = [sys.executable, "-c", KILLS, folder, tmp_path / "out", tmp_path / "undisturbed"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 10
