"""What is written in any format, depth and layout comes back as the pixels that were meant."""

import itertools
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from srlib.images import ImageError, read_image, read_photo

HEIGHT, WIDTH = 13, 21
RNG = np.random.default_rng(0)
RGB16 = RNG.integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
ALPHA16 = RNG.integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
ALPHA16[0], ALPHA16[1] = 0, 65535


def eight(samples, maximum):
    """Samples of any depth as 8 bits, rounded."""
    return np.round(samples.astype(float) * 255 / maximum).astype(np.uint8)


def rgb(image):
    """Gray repeated in three channels, or colour as it is."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def over_white(colour, alpha):
    """Both in 0 to 1; what a viewer shows on white paper, in 0 to 255."""
    return 255 * (rgb(colour) * alpha[..., None] + 1 - alpha[..., None])


def close(path, expected, tolerance=0):
    found = read_image(path).astype(float)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert abs(found - expected).max() <= tolerance


# TIFF, by both libraries


def tiff_cases():
    for gray, bits, byteorder, compression, planar, tile in itertools.product(
        (False, True), (8, 16), "<>", (None, "zlib", "lzma"), ("contig", "separate"), (False, True)
    ):
        for extra in (None, "unassalpha", "assocalpha", "unspecified"):
            for photometric in ("minisblack", "miniswhite") if gray else ("rgb",):
                if not (gray and not extra and planar == "separate"):
                    yield photometric, bits, byteorder, compression, planar, tile, extra


def write_tiff(path, photometric, bits, byteorder, compression, planar, tile, extra):
    """Write one combination by tifffile, and return what it looks like and the tolerance."""
    maximum = 2**bits - 1
    colour = (RGB16 if photometric == "rgb" else RGB16[..., 0]) >> (16 - bits)
    alpha = (ALPHA16 >> (16 - bits)).astype(float) / maximum
    shown = colour.astype(float)
    if photometric == "miniswhite":
        shown = maximum - shown
    stored, expected, tolerance = colour, rgb(eight(shown, maximum)), 0
    if extra:
        stored = np.dstack([colour, ALPHA16 >> (16 - bits)])
    if extra in ("assocalpha", "unassalpha"):
        expected, tolerance = over_white(shown / maximum, alpha), 1.5
    if extra == "assocalpha":  # what is stored is the product, after white was made zero
        product = np.round(colour * (alpha if colour.ndim == 2 else alpha[..., None]))
        stored = np.dstack([product, ALPHA16 >> (16 - bits)])
        tolerance = 2.5  # what was multiplied by a small alpha has few levels
        if photometric == "miniswhite":
            return None
    if planar == "separate":
        stored = np.moveaxis(np.atleast_3d(stored), -1, 0)
    tifffile.imwrite(
        path,
        stored.astype(np.uint8 if bits == 8 else np.uint16),
        photometric=photometric,
        planarconfig=planar if stored.ndim == 3 else None,
        extrasamples=[extra] if extra else None,
        byteorder=byteorder,
        compression=compression,
        tile=(16, 16) if tile else None,
    )
    return expected, tolerance


def test_every_tiff_that_tifffile_writes(tmp_path):
    path, read = tmp_path / "a.tif", 0
    for case in tiff_cases():
        if (written := write_tiff(path, *case)) is None:
            continue
        try:
            close(path, *written)
            assert read_photo(path)[1] == (case[0] != "rgb"), "gray"
            read += 1
        except (AssertionError, ImageError) as error:
            raise AssertionError(case) from error
    assert read > 200


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("byteorder", "<>")
def test_inks_of_any_depth(tmp_path, bits, planar, byteorder):
    inks = np.dstack([RGB16, ALPHA16]) >> (16 - bits)
    tifffile.imwrite(
        tmp_path / "a.tif",
        (inks if planar == "contig" else np.moveaxis(inks, -1, 0)).astype(f"u{bits // 8}"),
        photometric="separated",
        planarconfig=planar,
        byteorder=byteorder,
    )
    shown = Image.frombytes("CMYK", (WIDTH, HEIGHT), eight(inks, 2**bits - 1).tobytes())
    close(tmp_path / "a.tif", np.asarray(shown.convert("RGB")))


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_pages_are_counted(tmp_path, planar):
    stored = RGB16 if planar == "contig" else np.moveaxis(RGB16, -1, 0)
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for _ in range(2):
            writer.write(stored, photometric="rgb", planarconfig=planar)
    with pytest.raises(ImageError, match=r"a\.tif has 2 pages: save the one you want as a PNG"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_thumbnail_behind_the_picture_is_no_page(tmp_path, bits, planar):
    """As cameras, scanners and programs for maps write it, before the picture or behind it."""
    stored = RGB16 if bits == 16 else eight(RGB16, 65535)
    small = stored[::4, ::4]
    if planar == "separate":
        stored, small = (np.ascontiguousarray(np.moveaxis(a, -1, 0)) for a in (stored, small))
    how = {"photometric": "rgb", "planarconfig": planar}
    for order in ("behind", "before"):
        with tifffile.TiffWriter(tmp_path / f"{order}.tif") as writer:
            pages = [(stored, 0), (small, 1), (small, 1)]
            for page, kind in pages if order == "behind" else pages[::-1]:
                writer.write(page, subfiletype=kind, **how)
    close(tmp_path / "behind.tif", eight(RGB16, 65535))
    with pytest.raises(ImageError, match=r"before\.tif has 2 pages: save the one you want"):
        read_image(tmp_path / "before.tif")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("separate", [False, True])
def test_the_orientation_of_a_tiff(tmp_path, orientation, separate):
    stored = np.moveaxis(RGB16, -1, 0) if separate else RGB16
    tifffile.imwrite(
        tmp_path / "a.tif",
        stored,
        photometric="rgb",
        planarconfig="separate" if separate else "contig",
        extratags=[(274, 3, 1, orientation, True)],
    )
    upright = {
        1: RGB16, 2: RGB16[:, ::-1], 3: RGB16[::-1, ::-1], 4: RGB16[::-1],
        5: RGB16.transpose(1, 0, 2), 6: np.rot90(RGB16, -1),
        7: RGB16[::-1, ::-1].transpose(1, 0, 2), 8: np.rot90(RGB16),
    }[orientation]  # fmt: skip
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), eight(upright, 65535))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits", "zstd"])
def test_every_tiff_that_pillow_writes(tmp_path, compression):
    gray16 = RGB16[..., 0]
    colour = eight(RGB16, 65535)
    gray, alpha = colour[..., 0], eight(ALPHA16, 65535)
    palette = Image.fromarray(colour).quantize(16)
    cmyk = Image.fromarray(colour).convert("CMYK")
    bits = Image.fromarray(gray).convert("1")
    cases = {
        "1": (bits, rgb(np.where(np.asarray(bits), 255, 0)), 0),
        "L": (Image.fromarray(gray), rgb(gray), 0),
        "I;16": (Image.fromarray(gray16), rgb(gray), 0),
        "P": (palette, np.asarray(palette.convert("RGB")), 0),
        "RGB": (Image.fromarray(colour), colour, 0),
        "CMYK": (cmyk, np.asarray(cmyk.convert("RGB")), 0),
        "LA": (Image.fromarray(np.dstack([gray, alpha])), over_white(gray / 255, alpha / 255), 1),
        "RGBA": (
            Image.fromarray(np.dstack([colour, alpha])),
            over_white(colour / 255, alpha / 255),
            1,
        ),
    }
    for mode, (picture, expected, tolerance) in cases.items():
        picture.save(tmp_path / f"{mode}.tif", compression=compression)
        close(tmp_path / f"{mode}.tif", expected, tolerance)
    for bigger in (True, False):
        Image.fromarray(colour).save(tmp_path / "a.tif", compression=compression, big_tiff=bigger)
        close(tmp_path / "a.tif", colour)


def odd_tiff(path, bits, photometric, channels=1):
    """An uncompressed TIFF of samples of `bits` bits, which neither library writes."""
    row = WIDTH * channels * bits
    samples = RGB16[..., :channels].reshape(HEIGHT, -1) >> (16 - bits)
    places = np.arange(bits)[::-1]
    data = np.packbits((samples[..., None] >> places & 1).reshape(HEIGHT, row), axis=1).tobytes()
    entries = [(256, 3, WIDTH), (257, 3, HEIGHT), (259, 3, 1), (262, 3, photometric)]
    entries += [(277, 3, channels), (278, 3, HEIGHT), (279, 4, len(data))]
    place = 8 + 2 + 12 * 9 + 4
    entries += [(258, 3, bits)] if channels == 1 else [(258, 3, (bits,) * channels)]
    entries += [(273, 4, place + (6 if channels == 3 else 0))]
    ifd = struct.pack("<H", 9)
    for tag, kind, value in sorted(entries):
        if isinstance(value, tuple):
            ifd += struct.pack("<HHII", tag, kind, len(value), place)
        else:
            ifd += struct.pack("<HHII", tag, kind, 1, value)
    more = struct.pack("<3H", bits, bits, bits) if channels == 3 else b""
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + ifd + b"\0" * 4 + more + data)
    return samples.reshape(HEIGHT, WIDTH, channels)


@pytest.mark.parametrize("bits", [1, 2, 4, 6, 8, 10, 12, 14])
@pytest.mark.parametrize("photometric", [0, 1, 2])
def test_an_odd_depth_is_right_or_refused(tmp_path, bits, photometric):
    path, maximum = tmp_path / "a.tif", 2**bits - 1
    samples = odd_tiff(path, bits, photometric, channels=3 if photometric == 2 else 1)
    shown = eight(samples if photometric else maximum - samples, maximum)
    always = (1, 2, 4, 8, 12) if photometric == 1 else (8,) if photometric == 2 else (1, 2, 4, 8)
    try:
        close(path, rgb(shown.squeeze()))
    except ImageError as error:
        assert bits not in always
        assert str(error).startswith(f"{path} holds TIFF pixels that need another package")


# PNG, of which Pillow writes half


def png(path, rows, bits, kind, extra=()):
    """A PNG of any depth, with further chunks."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    flat = rows.reshape(HEIGHT, -1)
    places = np.arange(bits)[::-1]
    packed = np.packbits((flat[..., None] >> places & 1).reshape(HEIGHT, -1).astype(bool), axis=1)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(*c) for c in extra)
        + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in packed)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("key", [None, "in the picture", "not in the picture"])
def test_every_gray_png(tmp_path, bits, key):
    samples, maximum = RGB16[..., 0] >> (16 - bits), 2**bits - 1
    value = int(samples[3, 4])
    if key == "not in the picture":
        samples = np.where(samples == value, maximum - value, samples)
    png(tmp_path / "a.png", samples, bits, 0, [(b"tRNS", struct.pack(">H", value))] if key else ())
    clear = (samples == value) & bool(key)
    close(tmp_path / "a.png", np.where(clear[..., None], 255, rgb(eight(samples, maximum))))
    assert read_photo(tmp_path / "a.png")[1]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("key", [False, True])
def test_every_colour_png(tmp_path, bits, key):
    samples = RGB16 >> (16 - bits)
    samples[2:4] = samples[3, 4]
    samples[3, 5:] += np.uint16([0, 0, 1])  # as near as can be, and opaque
    extra = [(b"tRNS", struct.pack(">HHH", *samples[3, 4].tolist()))] if key else ()
    png(tmp_path / "a.png", samples, bits, 2, extra)
    clear = (samples == samples[3, 4]).all(axis=-1, keepdims=True) & key
    close(tmp_path / "a.png", np.where(clear, 255, eight(samples, 2**bits - 1)))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", [4, 6])
def test_every_png_with_alpha(tmp_path, bits, kind):
    colour = (RGB16[..., 0] if kind == 4 else RGB16) >> (16 - bits)
    alpha, maximum = ALPHA16 >> (16 - bits), 2**bits - 1
    png(tmp_path / "a.png", np.dstack([colour, alpha]), bits, kind)
    close(tmp_path / "a.png", over_white(colour / maximum, alpha / maximum), 1.5)
    assert read_photo(tmp_path / "a.png")[1] == (kind == 4)


@pytest.mark.parametrize("transparent", [False, True])
def test_a_palette_with_and_without_alpha(tmp_path, transparent):
    palette = Image.fromarray(eight(RGB16, 65535)).quantize(16)
    index = np.asarray(palette)
    options = {"transparency": bytes(range(0, 256, 16))} if transparent else {}
    palette.save(tmp_path / "a.png", **options)
    alpha = index * 16 / 255 if transparent else np.ones(index.shape)
    close(tmp_path / "a.png", over_white(np.asarray(palette.convert("RGB")) / 255, alpha), 1)


# Other formats, by Pillow


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("bmp", {}),
        ("dib", {}),
        ("tga", {}),
        ("tga", {"compression": "tga_rle"}),
        ("ppm", {}),
        ("qoi", {}),
        ("jp2", {"irreversible": False}),
        ("webp", {"lossless": True}),
    ],
)
def test_what_loses_nothing_is_read_as_it_was(tmp_path, suffix, options):
    colour = eight(RGB16, 65535)
    Image.fromarray(colour).save(tmp_path / f"a.{suffix}", **options)
    close(tmp_path / f"a.{suffix}", colour)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", ["pgm", "jp2"])
def test_deep_gray_of_other_formats(tmp_path, bits, suffix):
    gray = RGB16[..., 0] if bits == 16 else (RGB16[..., 0] >> 8).astype(np.uint8)
    Image.fromarray(gray).save(tmp_path / f"a.{suffix}")
    close(tmp_path / f"a.{suffix}", rgb(eight(gray, 2**bits - 1)))
    assert read_photo(tmp_path / f"a.{suffix}")[1]


def test_deep_colour_of_pnm(tmp_path):
    for maximum in (1000, 65535):
        samples = np.minimum(RGB16, maximum)
        header = f"P6 {WIDTH} {HEIGHT} {maximum}\n".encode()
        (tmp_path / "a.ppm").write_bytes(header + samples.astype(">u2").tobytes())
        close(tmp_path / "a.ppm", eight(samples, maximum), 1)


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "jpe", "jfif", "webp", "avif", "gif"])
def test_what_loses_something_is_read_nearly_as_it_was(tmp_path, suffix):
    smooth = np.asarray(Image.fromarray(eight(RGB16[:3, :4], 65535)).resize((WIDTH, HEIGHT)))
    Image.fromarray(smooth).save(tmp_path / f"a.{suffix}", quality=98)
    assert abs(read_image(tmp_path / f"a.{suffix}").astype(float) - smooth).mean() < 8


@pytest.mark.parametrize("byteorder", "<>")
def test_more_than_sixteen_bits_are_read_only_where_they_hold_no_more(tmp_path, byteorder):
    options = {"photometric": "minisblack", "byteorder": byteorder}
    tifffile.imwrite(tmp_path / "a.tif", RGB16[..., 0].astype(np.uint32), **options)
    tifffile.imwrite(tmp_path / "b.tif", RGB16[..., 0].astype(np.uint32) * 65537, **options)
    try:
        close(tmp_path / "a.tif", rgb(eight(RGB16[..., 0], 65535)))
    except ImageError as error:
        assert str(error).startswith(str(tmp_path / "a.tif"))
    with pytest.raises(ImageError, match=r"b\.tif .*save it as 8-bit or 16-bit PNG"):
        read_image(tmp_path / "b.tif")


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float16, np.float32, np.float64])
def test_samples_whose_range_is_not_known_are_refused(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "a.tif", np.ones((8, 8), dtype), photometric="minisblack")
    with pytest.raises(ImageError, match=r"a\.tif (has|holds) .*save it as 8-bit or 16-bit PNG"):
        read_image(tmp_path / "a.tif")
