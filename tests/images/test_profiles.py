"""Colours of other profiles than sRGB, measured by CIEDE2000."""

import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, rgb2lab, xyz2lab

from srlib.images import formats, read_image, read_photo
from srlib.photos import BUNDLED

D50 = (0.9642, 1.0, 0.8249)

# Columns: XYZ of red, green and blue under D50, as the profiles of these names state them.
ADOBE = [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
PROPHOTO = [[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]]


@pytest.fixture(autouse=True)
def told_anew():
    """What was told in another test may be told again."""
    formats.tell.cache_clear()


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def icc(space, kind, tags, connection=b"XYZ "):
    """A profile of version 2: a header, a table, and the tags."""
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", place + len(body), len(content))
        body += content
    header = struct.pack(
        ">I4sI4s4s4s", place + len(body), b"test", 0x02400000, kind, space, connection
    )
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += b"".join(map(fixed, D50))
    return header + b"\0" * (128 - len(header)) + struct.pack(">I", len(tags)) + table + body


def description():
    text = b"made for a test\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))


def gamma(exponent):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256)) + b"\0\0"


def matrix_profile(columns, exponent):
    """A profile of three primaries and one gamma."""
    columns = np.transpose(columns)
    tags = {b"desc": description(), b"cprt": b"text\0\0\0\0free\0", b"wtpt": xyz(D50)}
    tags |= {name: xyz(c) for name, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(exponent))
    return icc(b"RGB ", b"mntr", tags)


def gray_profile(exponent):
    tags = {b"desc": description(), b"cprt": b"text\0\0\0\0free\0", b"wtpt": xyz(D50)}
    return icc(b"GRAY", b"mntr", tags | {b"kTRC": gamma(exponent)})


def cmyk_profile():
    """Inks of a made-up press as a table of two levels each, which is interpolated."""
    inks = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    shown = (1 - inks[:, :3] * (0.9, 0.8, 0.95)) * (1 - 0.9 * inks[:, 3:])
    lab = rgb2lab(shown)
    lab[0] = 100, 0, 0
    stored = np.round(np.column_stack([lab[:, 0] * 2.55, lab[:, 1:] + 128])).astype(np.uint8)
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
    table += b"".join(fixed(v) for v in np.eye(3).ravel()) + ramp * 4 + stored.tobytes() + ramp * 3
    tags = {b"desc": description(), b"cprt": b"text\0\0\0\0free\0", b"wtpt": xyz(D50)}
    return icc(b"CMYK", b"prtr", tags | {b"A2B0": table}, b"Lab "), lab, inks


def meant(values, columns, exponent):
    """CIELAB under D50 of RGB in 0 to 1 by a matrix profile."""
    return xyz2lab(values**exponent @ np.transpose(columns), illuminant="D50")


def difference(image, lab):
    """CIEDE2000 between sRGB pixels and CIELAB under D50."""
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    srgb = [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
    return deltaE_ciede2000(xyz2lab(linear @ np.transpose(srgb), illuminant="D50"), lab)


@pytest.mark.parametrize(("columns", "exponent"), [(ADOBE, 2.19921875), (PROPHOTO, 1.80078125)])
@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_wide_profile_is_converted(tmp_path, columns, exponent, suffix):
    """Of colours that sRGB has: others are cut off."""
    grid = np.linspace(0.3, 0.6, 12)
    values = np.stack(np.meshgrid(grid, grid, [0.35, 0.5]), axis=-1).reshape(12, -1, 3)
    stored = np.round(values * 255).astype(np.uint8)
    options = {"lossless": True} if suffix == "webp" else {}
    profile = matrix_profile(columns, exponent)
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}", icc_profile=profile, **options)
    read = read_image(tmp_path / f"a.{suffix}") / 255
    lab = meant(stored / 255, columns, exponent)
    inside = ((read > 0.02) & (read < 0.98)).all(axis=-1)
    assert inside.mean() > 0.6
    assert difference(read, lab)[inside].max() < 0.8
    assert difference(stored / 255, lab)[inside].max() > 3, "what dropping the profile did"


def test_a_photograph_of_the_course_is_adobe_rgb():
    """scikit-image's rocket: what its profile says, and not what its numbers would be in sRGB."""
    [path] = [path for path in BUNDLED["course-train"] if path.stem == "rocket"]
    with Image.open(path) as picture:
        stored = np.asarray(picture) / 255
    read = read_image(path) / 255
    lab = meant(stored, ADOBE, 2.19921875)
    inside = ((read > 0.05) & (read < 0.95)).all(axis=-1)
    assert np.median(difference(read, lab)[inside]) < 0.5
    assert np.median(difference(stored, lab)[inside]) > 2


def test_a_profile_of_sixteen_bits_is_converted(tmp_path):
    samples = np.full((3, 8, 8), 30000, np.uint16)
    samples[0] = 45000
    profile = matrix_profile(ADOBE, 2.19921875)
    for planes in ("separate", "contig"):
        stored = samples if planes == "separate" else np.moveaxis(samples, 0, -1)
        tifffile.imwrite(
            tmp_path / "a.tif", stored, photometric="rgb", planarconfig=planes, iccprofile=profile
        )
        lab = meant(samples[:, 0, 0] / 65535, ADOBE, 2.19921875)
        assert difference(read_image(tmp_path / "a.tif")[0, 0] / 255, lab) < 0.8


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA"])
def test_srgb_leaves_every_value_alone(tmp_path, mode, caplog):
    colour = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    picture = Image.fromarray(colour).convert(mode)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(tmp_path / "plain.png")
    picture.save(tmp_path / "a.png", icc_profile=profile)
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.png"), read_image(tmp_path / "plain.png")
    )
    assert not caplog.records


def test_a_gray_profile_is_converted_and_gray_stays_gray(tmp_path):
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    Image.fromarray(stored).save(tmp_path / "a.png", icc_profile=gray_profile(1.8))
    image, gray = read_photo(tmp_path / "a.png")
    assert gray
    assert np.ptp(image, axis=-1).max() == 0
    linear = np.linspace(0, 1, 256) ** 1.8
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert abs(image[..., 0].ravel() - 255 * srgb).max() <= 1.5


@pytest.mark.parametrize("suffix", ["tif", "jpg"])
def test_a_cmyk_profile_is_converted(tmp_path, suffix):
    profile, lab, inks = cmyk_profile()
    options = {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
    for ink, expected in zip(inks, lab, strict=True):
        picture = Image.new("CMYK", (16, 16), tuple((255 * ink).tolist()))
        picture.save(tmp_path / f"a.{suffix}", icc_profile=profile, **options)
        read = read_image(tmp_path / f"a.{suffix}")[8, 8] / 255
        # Black point compensation moves what is dark, and the table holds whole numbers.
        if expected[0] > 30:
            assert deltaE_ciede2000(rgb2lab(read), expected) < 6, ink


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (b"no profile", "cannot open profile"),
        (matrix_profile(ADOBE, 2.2)[:150], "cannot open profile"),
        (gray_profile(2.2), "it is for L, but the pixels are RGB"),
        (cmyk_profile()[0], "it is for CMYK, but the pixels are RGB"),
    ],
)
def test_a_broken_profile_is_ignored_and_told_once(tmp_path, caplog, profile, reason):
    colour = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    Image.fromarray(colour).save(tmp_path / "a.png", icc_profile=profile)
    for _ in range(2):
        np.testing.assert_array_equal(read_image(tmp_path / "a.png"), colour)
    [record] = caplog.records
    assert record.name == "srlib"
    start = f"{tmp_path / 'a.png'}: its colour profile is broken and was ignored ("
    assert record.getMessage().startswith(start)
    assert reason in record.getMessage()
    assert "\n" not in record.getMessage()


def test_transparency_stays_beside_a_profile(tmp_path):
    colour = np.full((4, 4, 4), 120, np.uint8)
    colour[:2, :, 3], colour[2:, :, 3] = 0, 255
    Image.fromarray(colour).save(tmp_path / "a.png", icc_profile=matrix_profile(PROPHOTO, 1.8))
    read = read_image(tmp_path / "a.png")
    assert (read[:2] == 255).all()
    assert (read[2:] > 135).all()


def of_a_camera(number, index):
    """EXIF that says by a number, and by the index of DCF, what colours a photograph has."""
    exif = Image.Exif()
    exif[0x8769] = {0xA001: number, 0xA005: {1: index}}
    return exif.tobytes()


def grid():
    """Colours that sRGB has, whatever these numbers mean."""
    steps = np.linspace(0.3, 0.6, 12)
    values = np.stack(np.meshgrid(steps, steps, [0.35, 0.5]), axis=-1).reshape(12, -1, 3)
    return np.round(values * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("suffix", "number", "index"),
    [("jpg", 65535, "R03"), ("webp", 65535, "R03"), ("webp", 2, "R98"), ("tif", 2, "R98")],
)
def test_adobe_rgb_by_exif_alone(tmp_path, suffix, number, index):
    """As cameras write it, which bring no profile."""
    stored, exif = grid().repeat(8, axis=0).repeat(8, axis=1), of_a_camera(number, index)
    options = {"lossless": True} if suffix == "webp" else {}
    options |= {"quality": 100, "subsampling": 0} if suffix == "jpg" else {}
    Image.fromarray(stored).save(tmp_path / f"a.{suffix}", exif=exif, **options)
    lab = meant(stored / 255, ADOBE, 2.19921875)[4::8, 4::8]
    read = read_image(tmp_path / f"a.{suffix}")[4::8, 4::8] / 255
    inside = ((read > 0.02) & (read < 0.98)).all(axis=-1)
    assert inside.mean() > 0.6
    assert difference(read, lab)[inside].max() < (2 if suffix == "jpg" else 0.8)


@pytest.mark.parametrize(
    "exif", [of_a_camera(1, "R98"), of_a_camera(65535, "R98"), b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_other_exif_says_nothing_of_colours(tmp_path, exif):
    Image.fromarray(grid()).save(tmp_path / "a.webp", exif=exif, lossless=True)
    np.testing.assert_array_equal(read_image(tmp_path / "a.webp"), grid())


def described_png(path, stored, *chunks):
    """A PNG with chunks that Pillow does not write, before its pixels."""
    Image.fromarray(stored).save(path)
    content, packed = path.read_bytes(), b""
    for name, data in chunks:
        packed += struct.pack(">I", len(data)) + name + data
        packed += struct.pack(">I", zlib.crc32(name + data))
    path.write_bytes(content[:33] + packed + content[33:])  # behind the header


def gama(value):
    return b"gAMA", struct.pack(">I", round(value * 100_000))


PLACES = {
    "sRGB": (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06),
    "Adobe": (0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06),
}
CHRM = {
    name: (b"cHRM", struct.pack(">8I", *(round(v * 100_000) for v in places)))
    for name, places in PLACES.items()
}


def test_a_png_of_adobe_rgb_by_chromaticities(tmp_path):
    path = tmp_path / "a.png"
    described_png(path, grid(), gama(1 / 2.19921875), CHRM["Adobe"])
    read = read_image(path) / 255
    inside = ((read > 0.02) & (read < 0.98)).all(axis=-1)
    assert difference(read, meant(grid() / 255, ADOBE, 2.19921875))[inside].max() < 0.8


@pytest.mark.parametrize(("exponent", "gray"), [(1.0, False), (1.8, False), (1.8, True)])
def test_a_png_of_another_gamma(tmp_path, exponent, gray):
    """Linear light, and what the first Macintoshes showed."""
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    stored = stored if gray else np.dstack([stored] * 3)
    described_png(tmp_path / "a.png", stored, gama(1 / exponent))
    image, found_gray = read_photo(tmp_path / "a.png")
    assert found_gray == gray
    linear = np.linspace(0, 1, 256) ** exponent
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert abs(image.reshape(-1, 3) - 255 * srgb[:, None]).max() <= 1.5


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455)],
        [gama(0.45455), CHRM["sRGB"]],
        [CHRM["sRGB"]],
        [(b"sRGB", b"\0"), gama(1), CHRM["Adobe"]],  # which goes before
        [gama(0)],
        [gama(1), (b"cHRM", bytes(32))],
    ],
)
def test_a_png_of_srgb_keeps_its_values(tmp_path, chunks, caplog):
    described_png(tmp_path / "a.png", grid(), *chunks)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), grid())
    assert not caplog.records
