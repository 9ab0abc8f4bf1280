"""Whatever happened to a file: it is read, or told in one line with its name."""

import errno
import io
import os
import socket
import struct
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from srlib.images import (
    ImageError,
    read_image,
    read_metadata,
    read_photo,
    read_samples,
    write_samples,
)

CASES = 2000


def seeds(rng):
    """A small file of every format and layout, as bytes by name."""
    colour = rng.integers(0, 256, (4, 5, 3), np.uint8)
    picture = Image.fromarray(colour).resize((23, 17), Image.Resampling.BICUBIC)
    deep = np.asarray(picture).astype(np.uint16) * 257
    exif = Image.Exif()
    exif[274] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    writers = {
        "profile.webp": (picture, {"icc_profile": profile}),
        "a.png": (picture, {"exif": exif, "dpi": (72, 72)}),
        "palette.png": (picture.quantize(16), {"transparency": bytes(range(16))}),
        "gray.png": (picture.convert("L"), {"transparency": 7}),
        "deep.png": (Image.fromarray(deep[..., 0]), {}),
        "a.jpg": (picture, {"exif": exif, "dpi": (72, 72)}),
        "cmyk.jpg": (picture.convert("CMYK"), {"progressive": True}),
        "a.webp": (picture, {"exif": exif}),
        "a.avif": (picture, {"exif": exif}),
        "a.bmp": (picture, {}),
        "a.tga": (picture, {"compression": "tga_rle"}),
        "a.gif": (picture.quantize(16), {}),
        "a.jp2": (picture, {}),
        "a.ppm": (picture, {}),
        "a.qoi": (picture, {}),
        "lzw.tif": (picture, {"compression": "tiff_lzw", "exif": exif}),
        "jpeg.tif": (picture, {"compression": "jpeg"}),
        "raw.tif": (picture, {"dpi": (72, 72)}),
    }
    files = {}
    formats = Image.registered_extensions()
    for name, (image, options) in writers.items():
        image.save(buffer := io.BytesIO(), format=formats[name[name.index(".") :]], **options)
        files[name] = buffer.getvalue()
    for name, samples, options in (
        ("deep.tif", deep, {"compression": "zlib", "photometric": "rgb"}),
        (
            "planes.tif",
            np.moveaxis(deep, -1, 0),
            {"photometric": "rgb", "planarconfig": "separate"},
        ),
        ("white.tif", deep[..., 0], {"photometric": "miniswhite", "byteorder": ">"}),
    ):
        tifffile.imwrite(buffer := io.BytesIO(), samples, **options)
        files[name] = buffer.getvalue()
    return files


def hurt(content, rng):
    """Bytes flipped, cut off, left out or repeated."""
    content = bytearray(content)
    start = len(content) // 4 if rng.random() < 0.3 else 0
    for _ in range(rng.integers(1, 6)):
        if len(content) > 1:
            content[rng.integers(min(start, len(content) - 1), len(content))] = rng.integers(256)
    match rng.integers(4):
        case 0:
            del content[rng.integers(1, len(content)) :]
        case 1:
            at = rng.integers(len(content))
            del content[at : at + rng.integers(1, 9)]
        case 2:
            at = rng.integers(len(content))
            content[at:at] = content[at : at + rng.integers(1, 9)]
    return bytes(content)


def test_damaged_files_are_read_or_named_in_one_line(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100_000)
    rng = np.random.default_rng(14)
    files = seeds(rng)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        assert read_image(tmp_path / name).size == 23 * 17 * 3
    names, refused = list(files), 0
    for case in range(CASES):
        name = names[case % len(names)]
        path = tmp_path / name
        path.write_bytes(hurt(files[name], rng))
        try:
            image = read_image(path)
        except ImageError as error:
            refused += 1
            assert str(error).startswith(f"{path} "), (case, name)
            assert "\n" not in str(error), (case, name)
        else:
            assert image.dtype == np.uint8
            assert image.shape[2] == 3
    assert CASES / 4 < refused < CASES
    assert capfd.readouterr() == ("", ""), "decoders speak through the error alone"


def test_what_damaged_files_say_beside_their_pixels_can_be_written(tmp_path):
    rng = np.random.default_rng(15)
    exif = Image.Exif()
    exif[271], exif[34665], exif[34853] = "a camera", {33434: 0.5, 37500: b"notes"}, {1: "N"}
    files = {}
    for name, kind in (("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP"), ("a.tif", "TIFF")):
        options = {"exif": exif.tobytes()} if kind != "TIFF" else {"tiffinfo": {271: "a camera"}}
        picture = Image.fromarray(rng.integers(0, 256, (9, 8, 3), np.uint8))
        picture.save(buffer := io.BytesIO(), kind, dpi=(72, 72), **options)
        files[name] = buffer.getvalue()
    written = 0
    for case in range(400):
        name = list(files)[case % 4]
        (tmp_path / name).write_bytes(hurt(files[name], rng))
        try:
            samples = read_samples(tmp_path / name)
        except ImageError:
            continue
        metadata = read_metadata(tmp_path / name).made_by("srlib", samples.colour.shape[:2])
        for suffix in (".png", ".tif", ".jpg"):
            write_samples(tmp_path / f"b{suffix}", samples, metadata)
            assert read_samples(tmp_path / f"b{suffix}").colour.shape == samples.colour.shape
        written += 1
    assert written > 50


# Good files with one odd thing


def odd_exif(orientation, further=b"", count=1):
    """EXIF of an orientation and further entries of twelve bytes each."""
    entries = struct.pack("<HHIHH", 274, 3, 1, orientation, 0) + further
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", count) + entries + b"\0" * 4


def jpeg_with(exif, image):
    Image.fromarray(image).save(buffer := io.BytesIO(), "JPEG", quality=95)
    jpeg = buffer.getvalue()
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


@pytest.mark.parametrize(
    "exif",
    [
        # A resolution of -1/0, whose sign no rational number of EXIF has.
        odd_exif(6, struct.pack("<HHII", 282, 10, 1, 38), 2) + struct.pack("<ii", -1, 0),
        odd_exif(6, struct.pack("<HHII", 34665, 4, 1, 9_999_999), 2),  # beyond the end
        odd_exif(6, struct.pack("<HHII", 33434, 5, 70_000, 20), 2),  # far more than there is
        odd_exif(6, struct.pack("<HHII", 270, 99, 1, 1), 2),  # of a type that there is not
        odd_exif(6, count=500),
    ],
)
def test_odd_exif_leaves_the_orientation(tmp_path, exif, recwarn):
    image = np.full((12, 20, 3), 200, np.uint8)
    image[:6, :10] = 20
    (tmp_path / "a.jpg").write_bytes(jpeg_with(exif, image))
    found = read_image(tmp_path / "a.jpg")
    assert found.shape == (20, 12, 3)
    assert abs(found.astype(int) - np.rot90(image, -1)).mean() < 3
    assert not recwarn.list


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0garbage", odd_exif(9), odd_exif(0)])
def test_exif_that_says_nothing_turns_nothing(tmp_path, exif):
    image = np.full((12, 20, 3), 90, np.uint8)
    (tmp_path / "a.jpg").write_bytes(jpeg_with(exif, image))
    np.testing.assert_array_equal(read_image(tmp_path / "a.jpg"), image)


def test_nothing_of_metadata_is_printed(tmp_path):
    """In a process of its own, where no test framework listens to warnings and loggers."""
    exif = odd_exif(6, struct.pack("<HHII", 33434, 5, 70_000, 20), 2)
    (tmp_path / "a.jpg").write_bytes(jpeg_with(exif, np.zeros((12, 20, 3), np.uint8)))
    deep = np.zeros((3, 8, 8), np.uint16)
    tags = [
        (270, 2, 3, "a\udce9\0".encode("utf-8", "surrogateescape"), True),
        (65000, 3, 1, 7, True),
    ]
    tifffile.imwrite(
        tmp_path / "a.tif", deep, photometric="rgb", planarconfig="separate", extratags=tags
    )
    damaged = bytearray((tmp_path / "a.tif").read_bytes())
    damaged[damaged.index(struct.pack("<HH", 65000, 3)) + 2] = 99  # a type that there is not
    (tmp_path / "a.tif").write_bytes(damaged)
    code = "import sys, srlib; [print(srlib.read_image(p).shape) for p in sys.argv[1:]]"
    ran = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.jpg", tmp_path / "a.tif"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("(20, 12, 3)\n(8, 8, 3)\n", "")


# What is no file of pixels


def test_a_program_in_the_place_of_a_picture_is_not_run(tmp_path, monkeypatch):
    """Pillow would call Ghostscript for EPS, whatever the file is called."""
    (tmp_path / "a.png").write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 6\n%%EndComments\nshowpage\n%%EOF\n"
    )
    called = []
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_: called.append(True))
    with pytest.raises(ImageError, match=r"a\.png is not an image that Pillow can read"):
        read_image(tmp_path / "a.png")
    assert not called


def test_long_notes_in_a_png_do_not_stop_it(tmp_path):
    """Programs write whole workflows there; Pillow stops at 1 MiB of text."""
    path, notes = tmp_path / "a.png", PngInfo()
    image = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    notes.add_text("compressed", "a" * 3_000_000, zip=True)
    for i in range(80):
        notes.add_itxt(f"note {i}", "a" * 1_000_000, zip=True)
    Image.fromarray(image).save(path, pnginfo=notes, icc_profile=bytes(3_000_000))
    np.testing.assert_array_equal(read_image(path), image)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_pipe_a_socket_and_a_device_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.png"))
        for path in (tmp_path / "pipe.png", tmp_path / "socket.png", "/dev/zero"):
            with pytest.raises(ImageError, match=f"{path} is a pipe, a socket or a device"):
                read_image(path)


def test_what_is_no_name_of_a_file_is_told(tmp_path):
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        read_image(tmp_path)
    with pytest.raises(ImageError, match="cannot be the name of a file"):
        read_image("a\0b.png")
    with pytest.raises(OSError, match=r"xxx\.png") as failure:
        read_image(tmp_path / f"{'x' * 300}.png")
    assert failure.value.errno == errno.ENAMETOOLONG


def test_the_limit_of_pixels_has_a_way_out(tmp_path, monkeypatch):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    for limit in (599, 200):  # above Pillow's warning, above Pillow's error
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(ImageError, match="environment variable SRLIB_MAX_PIXELS"):
            read_image(tmp_path / "a.png")
    monkeypatch.setenv("SRLIB_MAX_PIXELS", "600")
    assert read_image(tmp_path / "a.png").shape == (20, 30, 3)
    monkeypatch.setenv("SRLIB_MAX_PIXELS", "many")
    with pytest.raises(ImageError, match=r"must be a number.*not 'many'"):
        read_image(tmp_path / "a.png")


def test_the_limit_holds_where_tifffile_reads(tmp_path, monkeypatch):
    planes = np.zeros((3, 20, 30), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 599)
    with pytest.raises(ImageError, match="30×20 pixels, more than the limit of 599"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("error", [NotImplementedError("JBIG is\nunsupported"), RuntimeError("?")])
def test_only_what_is_damaged_is_called_so(tmp_path, monkeypatch, error):
    def fail(*_):
        raise error

    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr("srlib.images.files.decode", fail)
    text = " ".join(str(error).split())
    with pytest.raises(ImageError) as failure:
        read_photo(tmp_path / "a.png")
    assert str(failure.value) == f"{tmp_path / 'a.png'} cannot be decoded: {text}"
