"""Reading photographs, good and bad."""

import numpy as np
import pytest
from PIL import Image

from srlib.images import (
    ImageError,
    luma,
    middle,
    modcrop,
    read_image,
    to_batch,
    to_image,
    to_samples,
    write_png,
)


@pytest.fixture
def picture(rng):
    return Image.fromarray(rng.integers(0, 256, (20, 30, 3), np.uint8))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_png_round_trip(tmp_path, picture):
    image = np.asarray(picture)
    write_png(tmp_path / "a.png", image)
    read = read_image(tmp_path / "a.png")
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, image)


def test_exif_rotation_is_applied(tmp_path, picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned a quarter to the right
    picture.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), np.rot90(np.asarray(picture), -1))


def test_gray_is_repeated(tmp_path, picture):
    gray = picture.convert("L")
    gray.save(tmp_path / "a.png")
    read = read_image(tmp_path / "a.png")
    for channel in range(3):
        np.testing.assert_array_equal(read[..., channel], np.asarray(gray))


def test_one_bit_becomes_black_and_white(tmp_path, picture):
    picture.convert("1").save(tmp_path / "a.png")
    assert set(np.unique(read_image(tmp_path / "a.png"))) == {0, 255}


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    samples = np.array([[0, 257, 65535, 128, 129]], np.uint16)
    Image.fromarray(samples).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[0, :, 0].tolist() == [0, 1, 255, 0, 1]


def test_more_than_sixteen_bits(tmp_path):
    Image.fromarray(np.full((4, 4), 1_000_000, np.int32)).save(tmp_path / "a.tif")
    with pytest.raises(ImageError, match="values from 1000000 to 1000000, but 16 bits hold"):
        read_image(tmp_path / "a.tif")


def test_palette_and_cmyk_become_rgb(tmp_path, picture):
    flat = Image.new("RGB", (8, 8), (200, 100, 50))
    flat.quantize(4).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_image(tmp_path / "palette.png")[0, 0], [200, 100, 50])
    flat.convert("CMYK").save(tmp_path / "cmyk.tif")
    np.testing.assert_allclose(read_image(tmp_path / "cmyk.tif")[0, 0], [200, 100, 50], atol=1)


def test_transparency_lies_over_white(tmp_path):
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("RGBA", (4, 4), (255, 0, 0, 255)).save(tmp_path / "opaque.png")
    assert read_image(tmp_path / "clear.png")[0, 0].tolist() == [255, 255, 255]
    assert read_image(tmp_path / "opaque.png")[0, 0].tolist() == [255, 0, 0]


def test_the_content_decides_not_the_name(tmp_path, picture):
    picture.save(tmp_path / "really_a_bitmap.png", format="BMP")
    np.testing.assert_array_equal(read_image(tmp_path / "really_a_bitmap.png"), np.asarray(picture))


def test_a_phone_picture_with_a_second_image_inside_is_no_animation(tmp_path, picture):
    picture.save(tmp_path / "a.mpo", save_all=True, append_images=[picture])
    assert read_image(tmp_path / "a.mpo").shape == (20, 30, 3)


def test_empty_file(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(ImageError, match=r"a\.png is empty \(0 bytes\)"):
        read_image(tmp_path / "a.png")


def test_text_with_the_name_of_an_image(tmp_path):
    (tmp_path / "a.jpg").write_text("not a photograph")
    with pytest.raises(ImageError, match=r"a\.jpg is not an image.*expected one of .*\.webp"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_truncated_file(tmp_path, picture, suffix):
    path = tmp_path / f"a.{suffix}"
    picture.resize((200, 200)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageError, match=f"a.{suffix} is (damaged or truncated|not an image)"):
        read_image(path)


def test_animation(tmp_path, picture):
    picture.save(
        tmp_path / "a.gif", save_all=True, append_images=[picture.rotate(a) for a in (90, 180)]
    )
    with pytest.raises(ImageError, match=r"animated \(3 frames\): save the one you want"):
        read_image(tmp_path / "a.gif")


def test_floating_point_pixels(tmp_path):
    Image.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / "a.tif")
    with pytest.raises(ImageError, match="mode 'F'"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("limit", [599, 200])  # above Pillow's warning, above Pillow's error
def test_decompression_bomb(tmp_path, picture, monkeypatch, limit):
    picture.save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(ImageError, match=r"a\.png.*(pixels|too large)"):
        read_image(tmp_path / "a.png")


def test_a_missing_file_is_told_as_such(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "a.png")


def test_luma_of_primaries():
    colors = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]])
    np.testing.assert_allclose(luma(colors), [16, 235, 81.481, 144.553, 40.966], atol=1e-9)


def test_modcrop_keeps_the_top_left():
    image = np.arange(7 * 8 * 3, dtype=np.uint8).reshape(7, 8, 3)
    np.testing.assert_array_equal(modcrop(image, 3), image[:6, :6])


def test_modcrop_of_too_small_an_image():
    with pytest.raises(ImageError, match="2×9 pixels is smaller than the scale 3"):
        modcrop(np.zeros((9, 2, 3), np.uint8), 3)


def test_batches_are_floats_in_0_to_1_and_back(picture):
    image = np.asarray(picture)
    batch = to_batch(image)
    assert batch.shape == (1, 20, 30, 3)
    assert batch.dtype == np.float32
    assert batch.max() <= 1
    np.testing.assert_array_equal(to_image(batch), image)


def test_to_image_clips_and_rounds():
    batch = np.array([-0.5, 1.5, 0.5, 0.499 / 255, 0.501 / 255, 0], np.float32).reshape(1, 1, 2, 3)
    assert to_image(batch).ravel().tolist() == [0, 255, 128, 0, 1, 0]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_samples_of_any_depth_are_clipped_and_rounded(dtype):
    values = np.random.default_rng(0).uniform(-0.1, 1.1, (30, 21, 2)).astype(np.float32)
    before, most = values.copy(), np.iinfo(dtype).max
    expected = np.round(np.clip(values, 0, 1) * most)
    found = to_samples(values[::2, 3:], dtype)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected[::2, 3:])
    np.testing.assert_array_equal(values, before)


def test_the_middle_of_an_image():
    image = np.arange(5 * 8 * 3, dtype=np.uint8).reshape(5, 8, 3)
    np.testing.assert_array_equal(middle(image, 2), image[1:3, 3:5])
    np.testing.assert_array_equal(middle(image, 6), image[:, 1:7])
    np.testing.assert_array_equal(middle(image, 9), image)
