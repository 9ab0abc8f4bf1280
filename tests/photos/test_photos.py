"""Photo sets by name."""

import sys
import types

import numpy as np
import pytest
from PIL import Image

from srlib.images import ImageError, formats
from srlib.photos import BUNDLED, SOURCES, data_root, left_out, photo_files, photo_sets, photos

OWN = ("course-train", "course-test", "dead-leaves", "course-scenes")


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data root."""
    monkeypatch.setenv("SRLIB_DATA", str(tmp_path))
    return tmp_path


def put(folder, **modes):
    """Write one image of each mode into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, mode in modes.items():
        Image.new(mode, (6, 4), 100 if mode in ("L", "I;16") else None).save(folder / f"{name}.png")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_are_rgb_images_sorted_by_name(name):
    for photo in photos(name):
        assert photo.image.dtype == np.uint8
        assert photo.image.ndim == 3
        assert photo.image.shape[2] == 3
        assert min(photo.image.shape[:2]) >= 200
    names = [photo.name for photo in photos(name)]
    assert names == sorted(set(names))


def test_the_bundled_sets_share_no_file():
    train, test = photos("course-train"), photos("course-test")
    assert len(train) == 9
    assert [photo.name for photo in test] == ["astronaut", "camera", "chelsea", "coffee"]
    assert not {photo.name for photo in train} & {photo.name for photo in test}


def test_bundled_jpegs_are_halved():
    files = {path.stem: path for path in photo_files("course-train")}
    for photo in photos("course-train"):
        with Image.open(files[photo.name]) as original:
            divisor = 2 if original.format == "JPEG" else 1
            assert photo.image.shape[1::-1] == tuple(side // divisor for side in original.size)


def test_the_scenes_are_three_gray_photographs_and_a_drawing():
    scenes = {photo.name: photo for photo in photos("course-scenes")}
    assert {name: photo.truth.shape for name, photo in scenes.items()} == {
        "aerial": (512, 512), "page": (191, 384), "stairs": (512, 512), "twill": (256, 256, 3),
    }  # fmt: skip


def test_dead_leaves_are_a_set_without_files():
    leaves = photos("dead-leaves")
    assert len(leaves) == 24
    assert {photo.image.shape for photo in leaves} == {(256, 256, 3)}
    assert len({photo.image.tobytes() for photo in leaves}) == 24
    with pytest.raises(ValueError, match=r"use photos\(\)"):
        photo_files("dead-leaves")


def test_a_gray_file_is_compared_in_gray(data):
    put(data / "mixed", colour="RGB", gray="L", gray_alpha="LA", gray16="I;16", palette="P")
    truths = {photo.name: photo.truth for photo in photos("mixed")}
    assert {name: truth.ndim for name, truth in truths.items()} == {
        "colour": 3, "gray": 2, "gray_alpha": 2, "gray16": 2, "palette": 3,
    }  # fmt: skip
    assert np.array_equal(truths["gray"], np.full((4, 6), 100, np.uint8))


def test_a_set_is_a_folder_of_the_data_root(data):
    put(data / "Set5", b="RGB", a="RGB")
    (data / "Set5" / "notes.txt").write_text("no image")
    (data / "Set5" / "folder.png").mkdir()
    assert [photo.name for photo in photos("Set5")] == ["a", "b"]
    assert photo_files("Set5") == [data / "Set5" / "a.png", data / "Set5" / "b.png"]


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_folder_may_lie_anywhere(kind, data, tmp_path):
    put(tmp_path / "holiday" / "beach", a="RGB")
    assert [photo.name for photo in photos(kind(tmp_path / "holiday" / "beach"))] == ["a"]


def test_a_dot_is_the_folder_that_one_is_in(data, tmp_path, monkeypatch):
    put(data, in_the_data_root="RGB")
    put(tmp_path / "here", mine="RGB")
    monkeypatch.chdir(tmp_path / "here")
    assert [photo.name for photo in photos(".")] == ["mine"]


def test_the_data_root_is_data_unless_the_environment_says_otherwise(data, tmp_path, monkeypatch):
    assert data_root() == data
    monkeypatch.setenv("SRLIB_DATA", "")
    assert str(data_root()) == "data"
    monkeypatch.delenv("SRLIB_DATA")
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "data" / "mine", a="RGB")
    assert len(photos("mine")) == 1


def test_the_data_root_may_lie_in_ones_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SRLIB_DATA", "~/photographs")
    assert data_root() == tmp_path / "photographs"


def test_all_sets_are_listed(data):
    put(data / "mine", a="RGB")
    put(data / "Set5", a="RGB")
    (data / ".Set14.unpacking").mkdir()
    (data / "README.md").write_text("no folder")
    assert photo_sets() == [*OWN, *SOURCES, "mine"]


def test_sets_are_listed_without_a_data_root(data, monkeypatch):
    monkeypatch.setenv("SRLIB_DATA", str(data / "none"))
    assert photo_sets() == [*OWN, *SOURCES]


@pytest.mark.parametrize("name", ["Set6", "", "no/such/folder"])
def test_an_unknown_set_lists_the_valid_ones(name, data):
    with pytest.raises(ValueError, match=f"'{name}'.*{', '.join(OWN)}, Set5"):
        photos(name)


def test_an_absent_set_says_how_to_get_it(data):
    with pytest.raises(FileNotFoundError) as failure:
        photos("DIV2K")
    for part in ("DIV2K", "800 images", "3.53 GB", "academic", "srlib download DIV2K"):
        assert part in str(failure.value)
    assert str(data / "DIV2K") in str(failure.value)


def test_an_empty_folder_says_what_it_should_hold(data):
    (data / "mine").mkdir()
    with pytest.raises(ValueError, match=r"mine holds no image files; expected .*\.png"):
        photos("mine")


def test_a_damaged_file_is_named(data):
    put(data / "mine", a="RGB")
    (data / "mine" / "broken.jpg").write_bytes(b"not an image")
    with pytest.raises(ImageError, match=r"broken\.jpg"):
        photos("mine")


@pytest.fixture
def litter(data):
    """What systems, cameras and this library leave in a folder."""
    folder = data / "litter"
    put(folder, good="RGB")
    put(folder / "more", deeper="RGB")
    put(folder / ".thumbnails", good="RGB")
    (folder / "._good.png").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    (folder / ".partial-abc.png").write_bytes(b"half of an image")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    (folder / "notes.txt").write_text("no image")
    (folder / "lost.png").symlink_to(folder / "nowhere.png")
    for number in range(12):
        (folder / f"{number}.jxl").write_bytes(b"\xff\n")
    formats.tell.cache_clear()
    return folder


def test_what_is_left_out_is_told_once(litter, caplog):
    for _ in range(2):
        assert [photo.name for photo in photos(litter)] == ["good"]
    assert photo_files(litter) == [litter / "good.png"]
    others = "12 .jxl, 1 .png that is no file, 1 subfolder"
    assert left_out(litter) == others
    assert [record.getMessage() for record in caplog.records] == [f"{litter}: left out: {others}"]


def test_a_folder_without_images_says_what_it_holds_instead(litter):
    (litter / "good.png").unlink()
    (litter / "lost.png").unlink()
    (litter / "another").mkdir()
    with pytest.raises(
        ValueError, match=r"no image files \(left out: 12 \.jxl, 2 subfolders\); exp"
    ):
        photos(litter)


def test_nothing_is_left_out_of_a_plain_folder(data, caplog):
    put(data / "mine", a="RGB")
    photos("mine")
    assert [left_out(name) for name in ("mine", *OWN)] == [""] * 5
    assert not caplog.records


def test_suffixes_that_cameras_and_programs_write_are_images(data):
    (data / "mine").mkdir()
    suffixes = ["jfif", "jpe", "JPG", "tga", "dib", "TIFF", "pbm", "qoi", "j2k"]
    for suffix in suffixes:
        Image.new("RGB", (6, 4)).save(data / "mine" / f"{suffix}.{suffix}")
    assert [photo.name for photo in photos("mine")] == sorted(suffixes)


def test_namesakes_have_names_of_their_own(data):
    put(data / "mine", a="RGB", b="L")
    Image.new("RGB", (6, 4)).save(data / "mine" / "a.jpg")
    names = {photo.name: photo.file for photo in photos("mine")}
    assert names == {"a.jpg": "a.jpg", "a.png": "a.png", "b": "b.png"}


def heic(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


def test_heic_names_the_package_that_reads_it(data, monkeypatch):
    monkeypatch.setattr(formats, "HAS_HEIF", False)
    heic(data / "mine" / "a.jpg")  # as some phones name it
    with pytest.raises(ImageError, match=r"a\.jpg is HEIC, .*pip install pillow-heif"):
        photos("mine")


def test_heic_is_read_by_the_package_where_it_is_installed(data, monkeypatch):
    """A package of that name stands in, whose decoder knows one picture."""
    opened = []

    def register_heif_opener():
        opened.append(True)
        Image.register_open(
            "HEIF", lambda file, name: Image.new("RGB", (6, 4), "red"), lambda head: b"heic" in head
        )

    fake = types.SimpleNamespace(register_heif_opener=register_heif_opener)
    monkeypatch.setitem(sys.modules, "pillow_heif", fake)
    monkeypatch.setattr(formats, "HAS_HEIF", True)
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    heic(data / "mine" / "a.jpg")
    [photo] = photos("mine")
    assert opened
    assert (photo.image == (255, 0, 0)).all()
