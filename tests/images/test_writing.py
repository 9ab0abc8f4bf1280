"""What is written is read as it was: samples of any kind, and what a file says beside them."""

import io
import itertools

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import IFDRational
from skimage import data

from srlib.images import (
    OUTPUT_SUFFIXES,
    ImageError,
    Metadata,
    Samples,
    check_holds,
    read_image,
    read_metadata,
    read_samples,
    software_of,
    stacked,
    write_bands,
    write_samples,
)
from srlib.images.formats import tell

RNG = np.random.default_rng(0)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/><b>\xc3\xbc</b></x:xmpmeta>'
XMP_UPRIGHT = XMP.replace(b'"6"', b'"1"')


def full_exif():
    """Tags of many kinds, in the order of a camera's: texts, numbers, fractions, notes, a place."""
    exif = Image.Exif()
    exif[271] = "Käse".encode()  # Make, in UTF-8, as programs write it
    exif[272], exif[306] = "Camera 1", "2024:05:06 07:08:09"
    exif[40091] = "Titel ü".encode("utf-16le")
    exif[65000] = "private"
    exif[34665] = {
        33434: IFDRational(1, 60),
        36867: "2024:05:06 07:08:09",
        37380: IFDRational(-1, 3),
        37500: b"maker's notes" * 9,
        37510: b"ASCII\0\0\0a comment",
        40961: 65535,
        40962: 21,
        40963: 13,
        40965: {1: "R98", 2: b"0100"},
    }
    exif[34853] = {1: "N", 2: (IFDRational(1), IFDRational(2), IFDRational(3)), 29: "2024:05:06"}
    return exif


def picture(mode, maximum, alpha, shape=(13, 21)):
    dtype = np.uint8 if maximum == 255 else np.uint16
    colour = RNG.integers(0, maximum + 1, (*shape, len(mode)), dtype)
    clear = RNG.integers(0, maximum + 1, shape, dtype) if alpha else None
    return Samples(mode, colour, maximum, clear, PROFILE)


KINDS = list(itertools.product(("L", "RGB"), (255, 65535), (False, True)))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("maximum", [255, 65535])
def test_a_picture_that_comes_in_bands(tmp_path, suffix, maximum):
    whole = picture("RGB", maximum, True, (301, 700))
    rows = [0, 1, 2, 180, 181, 301]
    pixels = stacked(whole)
    bands = (pixels[first:last] for first, last in itertools.pairwise(rows))
    path = tmp_path / f"bands{suffix}"
    metadata = Metadata(full_exif(), XMP_UPRIGHT, (300.0, 150.0))
    write_bands(path, whole.kind, (301, 700), bands, metadata)
    found = read_samples(path)
    np.testing.assert_array_equal(stacked(found), pixels)
    assert found.icc == PROFILE
    assert read_metadata(path).xmp == XMP_UPRIGHT


@pytest.mark.parametrize(("mode", "maximum", "alpha"), KINDS)
@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("shape", [(1, 1), (13, 21), (300, 700)])
def test_what_loses_nothing_is_read_as_it_was(tmp_path, mode, maximum, alpha, suffix, shape):
    samples = picture(mode, maximum, alpha, shape)
    path = tmp_path / f"a{suffix}"
    write_samples(path, samples, Metadata(full_exif(), XMP_UPRIGHT, (300.0, 150.0)))
    read = read_samples(path)
    assert (read.mode, read.maximum, read.icc) == (mode, maximum, PROFILE)
    assert read.colour.dtype == samples.colour.dtype
    np.testing.assert_array_equal(read.colour, samples.colour)
    np.testing.assert_array_equal(read.alpha, samples.alpha)
    if suffix == ".tif":  # another program reads the same
        found = tifffile.imread(path).reshape(*shape, -1)
        np.testing.assert_array_equal(found[..., : len(mode)], samples.colour)
    else:
        with Image.open(path) as opened:
            opened.load()
            assert opened.size == shape[::-1]


@pytest.mark.parametrize(("photograph", "more"), [(data.chelsea, 1.03), (data.page, 1.1)])
def test_a_png_is_hardly_larger_than_one_that_takes_four_times_as_long(tmp_path, photograph, more):
    small = Image.fromarray(photograph())
    enlarged = small.resize((2 * small.width, 2 * small.height), Image.Resampling.LANCZOS)
    pixels = np.asarray(enlarged).reshape(enlarged.height, enlarged.width, -1)
    mode = "RGB" if pixels.shape[2] == 3 else "L"
    enlarged.save(tmp_path / "pillows.png")
    write_samples(tmp_path / "ours.png", Samples(mode, pixels, 255), Metadata(Image.Exif()))
    ours, pillows = ((tmp_path / f"{name}.png").stat().st_size for name in ("ours", "pillows"))
    assert ours < more * pillows


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".avif"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_loses_something_loses_little(tmp_path, suffix, mode):
    smooth = np.linspace(20, 200, 24 * 36 * len(mode)).reshape(24, 36, -1).astype(np.uint8)
    sizes = []
    for quality in (30, None, 100):
        path = tmp_path / f"a{suffix}"
        write_samples(path, Samples(mode, smooth, 255), Metadata(Image.Exif()), quality=quality)
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1] <= sizes[2]
    image = read_image(path).astype(int)
    assert abs(image - smooth).max() <= 4


def tags(exif):
    """All tags of an `Exif`, those of its parts by pairs, as values that can be compared."""
    flat = {}
    for tag, value in exif.items():
        if tag in (34665, 34853):
            part = exif.get_ifd(tag)
            flat |= {(tag, inner): str(v) for inner, v in part.items() if inner != 40965}
            if 40965 in part:
                flat |= {(40965, inner): str(v) for inner, v in exif.get_ifd(40965).items()}
        else:
            flat[tag] = str(value)
    return flat


def as_bytes(exif):
    again = Image.Exif()
    again.load(exif.tobytes())
    return again


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".avif"])
@pytest.mark.parametrize("source", ["PNG", "JPEG", "WEBP"])
def test_metadata_go_from_any_format_to_any_other(tmp_path, source, suffix):
    path, out = tmp_path / "source", tmp_path / f"a{suffix}"
    exif = full_exif()
    exif[274] = 6
    options = {"exif": exif.tobytes(), "icc_profile": PROFILE}
    if source == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    else:
        options["xmp"] = XMP
    if source != "WEBP":
        options["dpi"] = (300, 150)
    Image.new("RGB", (21, 13)).save(path, format=source, **options)
    metadata = read_metadata(path).made_by("srlib 9: x2 by test", (42, 26))
    write_samples(out, picture("RGB", 255, False, (42, 26)), metadata)

    with Image.open(out) as written:
        found = tags(written.getexif())
        assert written.info["icc_profile"] == PROFILE
    expected = tags(as_bytes(full_exif()))
    expected |= {305: "srlib 9: x2 by test", (34665, 40962): "26", (34665, 40963): "42"}
    assert found.pop(274, "1") == "1"  # as XMP says
    elsewhere = {282, 283, 296, 700, 34675}  # looked at below
    if suffix == ".tif":
        elsewhere |= {256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317}  # of its pixels
    assert {tag: value for tag, value in found.items() if tag not in elsewhere} == expected
    again = read_metadata(out)
    assert again.xmp == XMP_UPRIGHT
    assert 274 not in again.exif
    if source != "WEBP":
        assert again.dpi == pytest.approx((150, 300), abs=0.02)  # it was turned
    assert software_of(out) == "srlib 9: x2 by test"


def test_sixteen_bits_with_alpha_keep_their_metadata_through_tiff(tmp_path):
    """A layout that Pillow does not open."""
    path = tmp_path / "a.tif"
    write_samples(path, picture("L", 65535, True), Metadata(full_exif(), XMP_UPRIGHT, (72.0, 72.0)))
    metadata = read_metadata(path)
    assert tags(as_bytes(metadata.exif)).items() >= tags(as_bytes(full_exif())).items()
    assert (metadata.xmp, metadata.dpi) == (XMP_UPRIGHT, (72, 72))


def test_structure_of_another_file_is_no_metadata(tmp_path):
    """tifffile and ImageJ describe the shape of an array, which is another one afterwards."""
    tifffile.imwrite(tmp_path / "a.tif", picture("RGB", 65535, False).colour, photometric="rgb",
                     tile=(16, 16), resolution=(10, 10), resolutionunit=3)  # fmt: skip
    metadata = read_metadata(tmp_path / "a.tif")
    assert set(metadata.exif) <= {282, 283, 296, 305, 306}
    assert metadata.dpi == pytest.approx((25.4, 25.4))


@pytest.mark.parametrize("xmp", [XMP_UPRIGHT, b'<x Item:Semantic="GainMap"/>'])
def test_pictures_behind_the_first_are_told(tmp_path, caplog, xmp):
    """A phone's gain map is left out, and so is what would announce it."""
    tell.cache_clear()
    first, second = (Image.new("RGB", (20, 30), colour) for colour in ("red", "blue"))
    path = tmp_path / "a.jpg"
    first.save(path, "MPO", save_all=True, append_images=[second], xmp=xmp)
    kept = read_metadata(path).xmp
    assert kept == (None if b"GainMap" in xmp else xmp)
    [record] = caplog.records
    assert record.getMessage().startswith(f"{path}: only its first picture is kept; others, such")


def test_no_exif_is_not_damaged_exif(tmp_path, monkeypatch, caplog):
    """As pillow-heif opens a file without."""
    picture = Image.new("RGB", (3, 2))
    picture.format, picture.info["exif"] = "HEIF", None
    monkeypatch.setattr("srlib.images.metadata.open_picture", lambda path: picture)
    assert not read_metadata(tmp_path / "a.heic").exif
    assert not caplog.records


def test_damaged_tags_are_told_and_others_stay(tmp_path, caplog):
    exif = full_exif()
    content = exif.tobytes().replace(b"2024:05:06 07:08:09", b"2024:05:06 07:08:0\xff", 1)
    Image.new("RGB", (8, 8)).save(buffer := io.BytesIO(), "JPEG", exif=content)
    (tmp_path / "a.jpg").write_bytes(buffer.getvalue())
    metadata = read_metadata(tmp_path / "a.jpg")
    assert tags(as_bytes(metadata.exif)).keys() == tags(as_bytes(exif)).keys()
    (tmp_path / "b.jpg").write_bytes(buffer.getvalue().replace(b"MM\0*", b"MM\0\0"))
    assert len(read_metadata(tmp_path / "b.jpg").exif) == 0
    assert "b.jpg: its EXIF data is damaged and was left out" in caplog.text


@pytest.mark.parametrize(
    ("suffix", "samples", "size", "message"),
    [
        (".jpg", picture("RGB", 255, True), (9, 9), "JPEG cannot hold transparency: name a file "
         "that ends in .png, .tif, .tiff, .webp, .avif$"),
        (".webp", picture("L", 65535, False), (9, 9), "WebP cannot hold samples of more than 8 bits"
         ": name a file that ends in .png, .tif, .tiff$"),
        (".jpeg", picture("RGB", 65535, True), (9, 9), "transparency or samples of more than 8"),
        (".webp", picture("L", 255, False), (9, 17_000), "17000×9 pixels .at most 16383 a side.*"
         ": name a file that ends in .png, .tif, .tiff, .avif, .jpg"),
    ],
)  # fmt: skip
def test_what_a_format_cannot_hold(tmp_path, suffix, samples, size, message):
    with pytest.raises(ImageError, match=message):
        check_holds(tmp_path / f"a{suffix}", samples, Metadata(Image.Exif()), size)


def test_notes_that_are_too_long_for_jpeg(tmp_path):
    metadata = Metadata(Image.Exif(), b"a" * 70_000)
    with pytest.raises(ImageError, match="JPEG cannot hold 70,000 bytes of XMP: name a file that"):
        check_holds(tmp_path / "a.jpg", picture("L", 255, False), metadata, (9, 9))


def test_alpha_that_hides_nothing_may_be_left_out(tmp_path):
    samples = picture("RGB", 255, True)._replace(alpha=np.full((13, 21), 255, np.uint8))
    check_holds(tmp_path / "a.jpg", samples, Metadata(Image.Exif()), (13, 21))
    write_samples(tmp_path / "a.jpg", samples, Metadata(Image.Exif()))
    assert read_samples(tmp_path / "a.jpg").mode == "RGB"


def test_every_suffix_is_written(tmp_path):
    for suffix in OUTPUT_SUFFIXES:
        write_samples(tmp_path / f"a{suffix}", picture("RGB", 255, False), Metadata(Image.Exif()))
        assert read_samples(tmp_path / f"a{suffix}").colour.shape == (13, 21, 3)


def test_inks_become_rgb_and_that_is_told(tmp_path, caplog):
    inks = picture("RGB", 255, False).colour
    Image.fromarray(inks).convert("CMYK").save(tmp_path / "a.tif")
    samples = read_samples(tmp_path / "a.tif")
    assert (samples.mode, samples.maximum, samples.icc) == ("RGB", 255, None)
    assert "a.tif: its pixels are CMYK, and were converted to sRGB of 8 bits" in caplog.text
    np.testing.assert_array_equal(samples.colour, read_image(tmp_path / "a.tif"))
