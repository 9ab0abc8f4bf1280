"""The page that enlarges the reader's own photograph, in a real browser, against the library."""

import io
import json
import re

import numpy as np
import pytest
import smoke_book
from browser import serious_violations, visit
from PIL import Image

import srlib

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PHONE = {"width": 320, "height": 700}


@pytest.fixture(scope="module")
def listed():
    """What the page offers."""
    folder = smoke_book.built() / "site" / "_static" / "try"
    return json.loads((folder / "networks.json").read_text())["networks"]


@pytest.fixture
def seen(browser, origin):
    seen = visit(browser, viewport={"width": 1000, "height": 900}, accept_downloads=True)
    seen.page.goto(f"{origin}book/try.html")
    seen.page.locator("#try").wait_for()
    yield seen
    assert seen.problems == []
    assert seen.external(origin) == []
    seen.page.context.close()


@pytest.fixture(scope="module")
def photograph():
    """A part of a photograph of another size than a tile, and of no multiple of a scale."""
    return next(p for p in srlib.photos("course-test") if p.name == "chelsea").image[:299, :277]


def part(seen, name):
    return seen.page.locator(f"#try [data-part={name}]")


def offer(seen, image, name="photograph.png", **options):
    """Choose a file, as a reader does."""
    file = io.BytesIO()
    Image.fromarray(image).save(
        file, Image.registered_extensions()["." + name.split(".")[-1]], **options
    )
    give(seen, name, file.getvalue())


def give(seen, name, content):
    payload = {"name": name, "mimeType": "image/" + name.split(".")[-1], "buffer": content}
    part(seen, "file").set_input_files(payload)


def said(seen, pattern):
    """What the page says, once it says something of this form."""
    part(seen, "said").filter(has_text=re.compile(pattern)).wait_for()
    return part(seen, "said").text_content()


def saved(seen):
    """The result, through a download."""
    with seen.page.expect_download() as download:
        part(seen, "save").click()
    image = Image.open(download.value.path())
    image.load()
    return image, download.value.suggested_filename


def test_small_networks_are_small(listed):
    small = [(n["name"], n["scale"]) for n in listed if not n["invents"]]
    assert small == [("tiny", 2), ("srcnn", 3), ("tiny", 4)]
    assert all(n["bytes"] < 1e6 for n in listed if not n["invents"])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_the_result_is_the_library_s(seen, listed, photograph, which):
    about = listed[which]
    part(seen, "network").select_option(str(which))
    offer(seen, photograph)
    said(seen, "^Done: 277 × 299 became")
    image, name = saved(seen)
    assert name == f"photograph_x{about['scale']}.png"
    expected = srlib.upscale(photograph, srlib.load(about["name"], about["scale"]))
    off = np.abs(np.asarray(image).astype(int) - expected)
    assert off.max() <= 1 and np.mean(off > 0) < 1e-3


def test_an_image_smaller_than_a_network_sees(seen, listed):
    image = np.random.default_rng(0).integers(0, 256, (5, 40, 3), np.uint8)
    offer(seen, image)
    said(seen, "^Done: 40 × 5 became 80 × 10 ")
    expected = srlib.upscale(image, srlib.load(listed[0]["name"], 2))
    assert np.abs(np.asarray(saved(seen)[0]).astype(int) - expected).max() <= 1


def test_measures_are_the_library_s(seen, listed, photograph):
    part(seen, "measure").check()
    offer(seen, photograph)
    said(seen, "^Done: 138 × 149 became 276 × 298 ")
    truth = photograph[:298, :276]
    lr = srlib.downscale(truth, 2)
    rows = part(seen, "rows").locator("tr")
    found = {
        rows.nth(i).get_attribute("data-method"): rows.nth(i).inner_text().split()
        for i in range(rows.count())
    }
    methods = {
        m: srlib.interpolate(lr, 2, m) for m in ("nearest", "bilinear", "bicubic", "lanczos")
    }
    methods["tiny"] = srlib.upscale(lr, srlib.load("tiny", 2))
    assert found.keys() == methods.keys()
    for method, sr in methods.items():
        _, psnr, ssim = found[method]
        assert float(psnr) == pytest.approx(srlib.psnr(truth, sr, scale=2), abs=0.01)
        assert float(ssim) == pytest.approx(srlib.ssim(truth, sr, scale=2), abs=2e-4)
    part(seen, "left-side").select_option("truth")
    assert "left by the original" in part(seen, "canvas").get_attribute("aria-label")


def test_orientation_and_transparency_are_kept(seen, photograph):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    offer(seen, photograph, "turned.jpg", exif=exif, quality=95)
    said(seen, "^Done: 299 × 277 became 598 × 554 ")
    holed = np.dstack([photograph, np.full(photograph.shape[:2], 255, np.uint8)])
    holed[100:200, 100:200] = 0  # transparent, and black underneath
    offer(seen, holed, "holed.png")
    said(seen, "^Done: 277 × 299 became 554 × 598 ")
    image = np.asarray(saved(seen)[0])
    assert image.shape == (598, 554, 4)
    assert image[300, 300, 3] == 0 and image[20, 20, 3] == 255
    # Nothing of the black is seen at the edge.
    whole = srlib.upscale(photograph, srlib.load("tiny", 2))
    edge = image[190:198, 240:360, :3].astype(int), whole[190:198, 240:360].astype(int)
    assert np.abs(edge[0] - edge[1]).mean() < 3


def test_the_slider_uncovers_and_arrow_keys_move(seen, photograph):
    offer(seen, photograph)
    said(seen, "^Done")

    def looks():
        return seen.page.evaluate("document.querySelector('#try canvas').toDataURL()")

    before = looks()
    part(seen, "slider").focus()
    seen.page.keyboard.press("Home")
    all_network = looks()
    assert all_network != before
    for _ in range(2):
        part(seen, "closer").click()
    assert part(seen, "zoom").inner_text() == "4 : 1"
    part(seen, "canvas").focus()
    near = looks()
    seen.page.keyboard.press("ArrowRight")
    assert looks() != near
    part(seen, "lens").check()
    part(seen, "canvas").hover(position={"x": 200, "y": 200})
    seen.page.mouse.move(300, 600)
    assert part(seen, "canvas").evaluate("e => e.width") > 100


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "broken.png",
            b"\x89PNG\r\n\x1a\n and no more",
            "broken.png is no picture that this browser",
        ),
        ("notes.txt", b"no picture", "notes.txt is no picture"),
    ],
)
def test_a_bad_file_gets_a_sentence(seen, name, content, says):
    give(seen, name, content)
    assert says in said(seen, "is no picture")
    assert part(seen, "start").is_disabled()


def test_what_is_too_large_is_refused_and_says_the_way_out(seen):
    offer(seen, np.zeros((4100, 4100, 3), np.uint8), "large.png", compress_level=1)
    assert "takes up to 16.0 megapixels" in said(seen, "large.png has 16.8 megapixels")
    part(seen, "network").select_option("2")
    offer(seen, np.zeros((2000, 2000, 3), np.uint8), "wide.png", compress_level=1)
    assert "smaller factor" in said(seen, "would have 64.0 megapixels")


def test_cancel_ends_a_job_and_the_next_one_works(seen, photograph):
    part(seen, "network").select_option("3")  # the slow one
    offer(seen, np.tile(photograph, (2, 2, 1)), "large.png")
    part(seen, "cancel").click()
    said(seen, "^Cancelled")
    part(seen, "network").select_option("0")
    part(seen, "start").click()
    said(seen, "^Done: 554 × 598 ")


def test_an_example_works_and_axe_finds_nothing(seen):
    seen.page.locator("#try [data-example]").first.click()
    said(seen, "^Done: 256 × 256 became 512 × 512 ")
    assert seen.problems == []
    assert serious_violations(seen.page) == []
    seen.problems.clear()  # axe asks for style sheets where there are none
    seen.page.set_viewport_size(PHONE)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_without_a_runtime_the_page_shows_a_picture(browser, origin):
    seen = visit(browser, java_script_enabled=False)
    seen.page.goto(f"{origin}book/try.html")
    assert seen.page.locator("#try-still img").is_visible()
    assert not seen.page.locator("#try").is_visible()
    seen.page.context.close()
