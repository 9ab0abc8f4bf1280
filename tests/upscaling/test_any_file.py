"""One file to a larger one that is what the first was."""

import errno

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, ImageDraw
from skimage import data

import srlib
from srlib.images import ImageError, read_image, read_metadata, read_samples
from srlib.upscaling.factors import Target, passes

HEIGHT, WIDTH = 13, 21
RNG = np.random.default_rng(0)
RGB16 = RNG.integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
RGB = (RGB16 >> 8).astype(np.uint8)
ALPHA = RNG.integers(1, 256, (HEIGHT, WIDTH), np.uint8)  # nothing that is wholly transparent
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()


def repeated(image, times=2):
    return image.repeat(times, 0).repeat(times, 1)


def odd_files():
    """Names of files, each with what writes it: every mode, depth, orientation, and format."""
    rgb, gray = Image.fromarray(RGB), Image.fromarray(RGB[..., 0])
    clear, clear_gray = (Image.fromarray(np.dstack([c, ALPHA])) for c in (RGB, RGB[..., 0]))
    opaque = Image.fromarray(np.dstack([RGB, np.full_like(ALPHA, 255)]))
    palette = rgb.quantize(16)

    def tif(samples, **options):
        return lambda path: tifffile.imwrite(path, samples, **options)

    def pillow(picture, **options):
        return lambda path: picture.save(path, **options)

    files = {
        "rgb.png": pillow(rgb),
        "gray.png": pillow(gray),
        "bits.png": pillow(gray.convert("1")),
        "clear.png": pillow(clear),
        "clear_gray.png": pillow(clear_gray),
        "opaque.png": pillow(opaque),
        "palette.png": pillow(palette),
        "clear_palette.png": pillow(palette, transparency=bytes(range(1, 256, 16))),
        "key.png": pillow(rgb, transparency=tuple(RGB[3, 4].tolist())),
        "deep_gray.png": pillow(Image.fromarray(RGB16[..., 0])),
        "profile.png": pillow(rgb, icc_profile=PROFILE),
        "rgb.tif": pillow(rgb, compression="tiff_lzw"),
        "gray.tif": pillow(gray),
        "clear.tif": pillow(clear),
        "clear_gray.tif": pillow(clear_gray),
        "palette.tif": pillow(palette),
        "bits.tif": pillow(gray.convert("1"), compression="group4"),
        "deep.tif": tif(RGB16, photometric="rgb"),
        "deep_zip.tiff": tif(RGB16, photometric="rgb", compression="zlib", predictor=2),
        "deep_planes.tif": tif(np.moveaxis(RGB16, -1, 0), photometric="rgb",
                               planarconfig="separate"),
        "deep_gray.tif": tif(RGB16[..., 0], photometric="minisblack"),
        "deep_white.tif": tif(RGB16[..., 0], photometric="miniswhite"),
        "deep_clear.tif": tif(np.dstack([RGB16, ALPHA.astype(np.uint16) * 257]), photometric="rgb",
                              extrasamples=["unassalpha"]),
        "multiplied.tif": tif(np.dstack([np.minimum(RGB16, 9000), np.full_like(RGB16[..., 0],
                              40_000)]), photometric="rgb", extrasamples=["assocalpha"]),
        "profile.tif": pillow(rgb, icc_profile=PROFILE),
        "inks.tif": pillow(rgb.convert("CMYK")),
        "inks.jpg": pillow(rgb.convert("CMYK")),
        "lab.tif": pillow(rgb.convert("LAB")),
        "rgb.jpg": pillow(rgb, quality=95),
        "gray.jpeg": pillow(gray),
        "ends_in_capitals.JPG": pillow(rgb),
        "rgb.webp": pillow(rgb, lossless=True),
        "clear.webp": pillow(clear, lossless=True, exact=True),
        "rgb.avif": pillow(rgb, quality=100),
        "rgb.bmp": pillow(rgb),
        "palette.gif": pillow(palette),
        "rgb.jp2": pillow(rgb, irreversible=False),
        "deep.pgm": pillow(Image.fromarray(RGB16[..., 0])),
        "rgb.tga": pillow(rgb),
        "rgb.qoi": pillow(rgb),
        "50% ü\nend.png": pillow(rgb),
    }  # fmt: skip
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[274], exif[315] = orientation, "somebody"
        files[f"turned_{orientation}.png"] = pillow(rgb, exif=exif)
    return files


FILES = odd_files()


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_stays_what_it_is(tmp_path, repeat, name):
    FILES[name](tmp_path / name)
    source = read_samples(tmp_path / name)
    suffix = (tmp_path / name).suffix.lower()
    out = tmp_path / "out" / (name if suffix in (".png", ".tif", ".tiff") else f"{name}.png")
    done = srlib.upscale_file(tmp_path / name, out, repeat, 2)
    assert done.out == out and done.size == tuple(2 * s for s in source.colour.shape[:2])
    result = read_samples(out)
    assert (result.mode, result.maximum, result.icc) == (source.mode, source.maximum, source.icc)
    seen = slice(None) if source.alpha is None else repeated(source.alpha) > 0
    np.testing.assert_array_equal(result.colour[seen], repeated(source.colour)[seen])
    if source.alpha is not None:
        np.testing.assert_array_equal(result.alpha, repeated(source.alpha))
    metadata = read_metadata(out)
    assert metadata.exif[305].startswith("srlib ") and metadata.exif[305].endswith(": x2 by repeat")
    assert 274 not in metadata.exif
    if "turned" in name:
        assert metadata.exif[315] == "somebody"
    if suffix not in (".png", ".tif", ".tiff", ".bmp"):
        lossy = out.with_suffix(".jpg")
        if source.maximum == 255 and source.alpha is None:
            srlib.upscale_file(tmp_path / name, lossy, repeat, 2)
            assert (read_samples(lossy).mode == "L") == (source.mode == "L")


def test_colours_of_a_wide_profile_are_not_converted(tmp_path, repeat):
    """Its numbers are kept, and the profile that says what they mean."""
    Image.fromarray(RGB).save(tmp_path / "a.png", icc_profile=PROFILE)
    srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", repeat, 2)
    with Image.open(tmp_path / "b.png") as result:
        assert result.info["icc_profile"] == PROFILE
        np.testing.assert_array_equal(np.asarray(result), repeated(RGB))


def test_sixteen_bits_say_more_than_eight(tmp_path):
    model = srlib.load("fsrcnn", 2)
    image = np.asarray(Image.fromarray(data.chelsea()[:80, :90]).resize((45, 40)))
    deep = image.astype(np.uint16) * 257
    deep[..., 1] += RNG.integers(-100, 100, deep.shape[:2]).astype(np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    srlib.write_png(tmp_path / "flat.png", image)
    srlib.upscale_file(tmp_path / "deep.tif", tmp_path / "deep.png", model)
    srlib.upscale_file(tmp_path / "flat.png", tmp_path / "flat_x2.png", model)
    result = read_samples(tmp_path / "deep.png")
    assert result.colour.dtype == np.uint16
    assert len(np.unique(result.colour % 257)) > 200
    flat = read_image(tmp_path / "flat_x2.png").astype(float)
    assert abs(result.colour / 257 - flat).max() <= 1
    expected = srlib.upscaling.predict(model, (deep / np.float32(65535)).astype(np.float32))
    assert abs(result.colour / 65535 - np.clip(expected, 0, 1)).max() <= 0.5 / 65535 + 1e-7


def test_eight_bits_are_those_of_upscale(tmp_path):
    srlib.write_png(tmp_path / "a.png", data.chelsea()[:30, :40])
    model = srlib.load("srcnn", 2)
    for method, scale in ((model, 2), ("lanczos", 3)):
        srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", method, scale, overwrite=True)
        expected = srlib.upscale(tmp_path / "a.png", method, scale)
        np.testing.assert_array_equal(read_image(tmp_path / "b.png"), expected)


def disc(background):
    """A white disc, smooth at its edge, on transparent ground of a colour."""
    alpha = Image.new("L", (240, 240))
    ImageDraw.Draw(alpha).ellipse((40, 40, 200, 200), fill=255)
    alpha = np.asarray(alpha.resize((60, 60), Image.Resampling.BOX))
    colour = np.where(alpha[..., None] > 0, 255, background).astype(np.uint8)
    return Image.fromarray(np.dstack([colour.repeat(3, axis=2), alpha]))


@pytest.mark.parametrize("method", ["bicubic", "fsrcnn", "srcnn"])
def test_nothing_fringes(tmp_path, method):
    model = method if method == "bicubic" else srlib.load(method, 2)
    results = []
    for background in (0, 255):
        disc(background).save(tmp_path / "a.png")
        srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", model, 2, overwrite=True)
        with Image.open(tmp_path / "b.png") as picture:
            results.append(np.asarray(picture))
    black, white = results
    seen = black[..., 3] > 0
    assert black[seen][:, :3].min() >= 250, "a dark rim"
    np.testing.assert_array_equal(black, white)
    assert (black[50:70, 50:70, 3] == 255).all() and (black[:5, :, 3] == 0).all()


def test_a_network_draws_the_outline_better_than_bicubic_interpolation(tmp_path):
    truth = Image.new("L", (480, 480))
    ImageDraw.Draw(truth).text((20, 60), "Figure", fill=255, font_size=140)
    truth = np.asarray(truth.resize((120, 120), Image.Resampling.BOX))
    lr = srlib.downscale(truth, 2)
    Image.fromarray(np.dstack([np.full_like(lr, 90), lr])).save(tmp_path / "a.png")
    errors = {}
    for method in ("bicubic", "srcnn"):
        model = method if method == "bicubic" else srlib.load(method, 2)
        out = tmp_path / f"{method}.png"
        srlib.upscale_file(tmp_path / "a.png", out, model, 2)
        errors[method] = ((read_samples(out).alpha.astype(float) - truth) ** 2).mean()
    assert errors["srcnn"] < errors["bicubic"] / 2


def test_what_is_transparent_all_over(tmp_path, repeat):
    Image.new("RGBA", (5, 4), (9, 9, 9, 0)).save(tmp_path / "a.png")
    srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", repeat, 2)
    assert (read_samples(tmp_path / "b.png").alpha == 0).all()


@pytest.mark.parametrize(
    ("wanted", "size", "used"),
    [
        ({"scale": 1.5}, (20, 32), (2,)),
        ({"scale": 2}, (26, 42), (2,)),
        ({"scale": 3}, (39, 63), (4,)),
        ({"scale": 8}, (104, 168), (4, 2)),
        ({"scale": 9.3}, (121, 195), (4, 4)),
        ({"width": 31}, (19, 31), (2,)),
        ({"height": 77}, (77, 124), (4, 2)),
        ({"megapixels": 0.01}, (79, 127), (4, 2)),
    ],
)
@pytest.mark.parametrize("deep", [False, True])
def test_any_factor(tmp_path, repeat, caplog, wanted, size, used, deep):
    path, out = tmp_path / "a.tif", tmp_path / "b.tif"
    smooth = np.linspace(0, 65535 if deep else 255, HEIGHT * WIDTH * 3)
    smooth = smooth.reshape(HEIGHT, WIDTH, 3).astype(np.uint16 if deep else np.uint8)
    tifffile.imwrite(path, smooth, photometric="rgb")
    done = srlib.upscale_file(path, out, repeat, **wanted)
    assert (done.size, done.passes) == (size, used)
    result = read_samples(out)
    assert result.colour.shape[:2] == size and result.colour.dtype == smooth.dtype
    expected = srlib.resize(repeated(smooth, int(np.prod(used))), size)
    np.testing.assert_array_equal(result.colour, expected)
    said = " ".join(caplog.messages)
    assert ("then" in said) == (wanted != {"scale": 2})
    assert ("antialiased bicubic" in said) == (wanted not in ({"scale": 2}, {"scale": 8}))


def test_an_interpolation_of_any_factor(tmp_path):
    srlib.write_png(tmp_path / "a.png", RGB)
    srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", "lanczos", width=50)
    expected = srlib.resize(RGB, (31, 50), "lanczos")
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), expected)


@pytest.mark.parametrize(
    ("factor", "scales", "expected"),
    [
        (1.01, (2, 3, 4), (2,)), (2, (2, 4), (2,)), (2.01, (2, 4), (4,)), (3, (2,), (2, 2)),
        (6, (2, 3, 4), (3, 2)), (8, (2,), (2, 2, 2)), (5, (4,), (4, 4)), (100, (3,), (3,) * 5),
    ],
)  # fmt: skip
def test_the_scales_that_reach_a_factor(factor, scales, expected):
    assert passes(factor, scales) == expected


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, "give one of scale, width, height and megapixels, not none"),
        ({"scale": 2, "width": 50}, "give one of .*, not scale, width"),
        ({"scale": 1}, "scale must be more than 1, such as 2, not 1"),
        ({"scale": float("nan")}, "scale must be more than 1, such as 2, not nan"),
        ({"width": 0}, "width must be more than 0, such as 2, not 0"),
    ],
)
def test_what_is_no_size(wanted, message):
    with pytest.raises(ValueError, match=message):
        Target(**wanted)


def refused(model, *arguments, **options):
    """What is said of a file before any work: the network must not be called."""

    def never(scale):
        raise AssertionError("work was begun")

    with pytest.raises((ValueError, OSError)) as error:
        srlib.upscale_file(*arguments, srlib.upscaling.Networks("never", {2: never}), **options)
    return error


def test_errors_come_before_any_work(tmp_path, repeat):
    image = tmp_path / "a.png"
    Image.fromarray(np.dstack([RGB, ALPHA])).save(image)
    Image.fromarray(RGB16[..., 0]).save(tmp_path / "deep.png")
    before = sorted(tmp_path.iterdir())
    for source, out, options, message in [
        (image, "b.jpg", {}, "b.jpg: JPEG cannot hold transparency: name a file that ends in .png"),
        (tmp_path / "deep.png", "b.webp", {}, "WebP cannot hold samples of more than 8 bits"),
        (image, "b.gif", {}, "b.gif must end in one of .png, .tif"),
        (image, "b", {}, "b must end in one of .png, .tif"),
        (image, "a.png", {}, "a.png is the image to be enlarged"),
        (image, "deep.png", {}, "File exists, and may be replaced by overwrite"),
        (image, ".", {}, "is a folder: name a file"),
        (image, "b.png", {"width": 20}, "21×13 pixels are no fewer than 20×12"),
        (image, "b.png", {"width": 21}, "21×13 pixels are no fewer than 21×13"),
        (image, "b.png", {"quality": 101}, "quality must be from 1 to 100, not 101"),
        (image, "b.webp", {"width": 20_000}, "20000×12381 pixels .at most 16383 a side"),
        (tmp_path / "c.png", "b.png", {}, "No such file"),
    ]:
        error = refused(repeat, source, tmp_path / out, **options)
        assert error.match(message), out
    assert sorted(tmp_path.iterdir()) == before


def test_a_broken_file_is_named(tmp_path, repeat):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"a\.png is not an image that Pillow can read"):
        srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", repeat, 2)


def test_what_is_there_is_replaced_if_that_is_asked_for(tmp_path, repeat):
    srlib.write_png(tmp_path / "a.png", RGB)
    (tmp_path / "b.png").write_bytes(b"precious")
    with pytest.raises(FileExistsError) as error:
        srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", repeat, 2)
    assert error.value.errno == errno.EEXIST
    assert (tmp_path / "b.png").read_bytes() == b"precious"
    srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", repeat, 2, overwrite=True)
    np.testing.assert_array_equal(read_image(tmp_path / "b.png"), repeated(RGB))


def test_one_network_is_enough(tmp_path):
    """Its own scale if none is given, and as often as need be."""
    srlib.write_png(tmp_path / "a.png", RGB)
    model = srlib.load("fsrcnn", 2)
    assert srlib.upscale_file(tmp_path / "a.png", tmp_path / "b.png", model).size == (26, 42)
    done = srlib.upscale_file(tmp_path / "a.png", tmp_path / "c.png", model, 4)
    assert (done.size, done.passes) == ((52, 84), (2, 2))
    with pytest.raises(ValueError, match="an ensemble needs a network"):
        srlib.upscale_file(tmp_path / "a.png", tmp_path / "d.png", "bicubic", 2, ensemble=True)
