import io
import re

import numpy as np
import pytest
from browser import serious_violations
from elements import Elements, decode, fallback, holds
from matplotlib import pyplot
from PIL import Image

from srlib import display
from srlib.photos import dead_leaves

RED, BLUE = (200, 30, 30), (30, 30, 200)


def plain(color, size=(60, 200)):
    return np.full((*size, 3), color, np.uint8)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


# What a front end receives


def test_a_slider_brings_both_images_losslessly_as_html_png_and_text():
    before, after = noise(20, 31, 1), noise(20, 31, 2)
    picture = display.compare(before, after, alt="static", labels=("bicubic", "SRCNN"))
    bundle = picture._repr_mimebundle_()
    assert sorted(bundle) == ["image/png", "text/html", "text/plain"]
    assert bundle["text/plain"] == repr(picture) == "bicubic | SRCNN: static"
    images = Elements(bundle["text/html"]).all("img")
    np.testing.assert_array_equal(decode(images[0]["src"]), before)
    np.testing.assert_array_equal(decode(images[1]["src"]), after)
    assert [image["alt"] for image in images] == ["bicubic: static", "SRCNN: static"]
    sheet = fallback(picture)
    assert holds(sheet, before)
    assert holds(sheet, after)


def test_a_gallery_takes_images_of_different_sizes_and_gray_ones():
    images = [noise(20, 31), noise(9, 12)[..., 0]]
    picture = display.gallery(images, ["LR ×2", "luma"], alt=["static", "gray static"], zoom=3)
    page = Elements(picture.html)
    shown = page.all("img")
    for element, image in zip(shown, images, strict=True):
        np.testing.assert_array_equal(decode(element["src"]), image)
    assert [(e["width"], e["height"]) for e in shown] == [("93", "60"), ("36", "27")]
    assert [e["alt"] for e in shown] == ["static", "gray static"]
    assert "LR ×2" in page.text
    enlarged = images[0].repeat(3, axis=0).repeat(3, axis=1)
    assert holds(fallback(picture), enlarged)


def test_the_png_of_a_wide_gallery_begins_new_rows():
    images = [noise(10, 500, seed) for seed in range(4)]
    sheet = fallback(display.gallery(images, list("abcd"), alt="static"))
    assert sheet.shape[1] == 3 * 500 + 4 * 12  # 12 pixels around each, at most 1600 in a row
    assert all(holds(sheet, image) for image in images)


def test_a_label_longer_than_its_image_is_wrapped_in_the_png():
    image = plain(RED, (40, 128))
    short = fallback(display.compare(image, image, alt="red", labels=("a", "b")))
    long = fallback(display.compare(image, image, alt="red", labels=("word " * 12, "b")))
    assert long.shape[1] == short.shape[1]
    assert long.shape[0] > short.shape[0] + 20
    wide = fallback(display.compare(image, image, alt="red", labels=("w" * 40, "b")))
    assert wide.shape[1] > short.shape[1] + 200  # a word is not broken


def test_a_chart_is_a_white_png_at_twice_the_size_it_is_shown_and_closes_its_figure():
    figure, axes = pyplot.subplots(figsize=(3, 2), dpi=100, facecolor="black")
    axes.plot([1, 2])
    picture = display.chart(figure, alt="a rising line", caption="It rises.")
    assert not pyplot.fignum_exists(figure.number)
    page = Elements(picture.html)
    [image] = page.all("img")
    pixels = decode(image["src"])
    assert pixels.shape[:2] == (400, 600)
    assert page.all("div")[0] == {"class": "srlib-chart", "style": "width:300px"}
    assert tuple(pixels[0, 0, :3]) == (255, 255, 255)
    assert image["alt"] == "a rising line"
    assert "It rises." in page.text
    np.testing.assert_array_equal(fallback(picture), pixels)


def test_a_caption_has_its_number_in_bold_and_a_gallery_one_for_all():
    picture = display.gallery(
        [plain(RED), plain(BLUE)], ["red", "Figure 5"], alt="colours", caption="Figure 5.3. R & B."
    )
    captions = re.findall("<figcaption>(.*?)</figcaption>", picture.html)
    assert captions == ["red", "Figure 5", "<strong>Figure 5.3.</strong> R &amp; B."]


def test_texts_cannot_break_out_of_the_html():
    evil = "\"><script>alert(1)</script><b a='"
    images = [plain(RED)] * 2
    figure = pyplot.figure()
    for picture in (
        display.compare(*images, alt=evil, labels=(evil, evil), caption=evil),
        display.gallery(images, [evil, evil], alt=evil, caption=evil),
        display.chart(figure, alt=evil, caption=evil),
    ):
        page = Elements(picture.html)
        assert not page.all("script")
        assert not page.all("b")
        assert all(evil in image["alt"] for image in page.all("img"))
        assert evil in page.text


def test_the_style_sheet_sets_the_colours_and_is_valid():
    with pyplot.rc_context():
        display.use_style()
        assert pyplot.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"
        assert not pyplot.rcParams["axes.spines.top"]


# Mistakes


@pytest.mark.parametrize("alt", ["", "  \n", None])
def test_alternative_text_is_mandatory(alt):
    image = plain(RED)
    with pytest.raises(ValueError, match="alt must say in words"):
        display.compare(image, image, alt=alt)
    with pytest.raises(ValueError, match="alt must say in words"):
        display.gallery([image], ["red"], alt=[alt])
    with pytest.raises(ValueError, match="alt must say in words"):
        display.chart(pyplot.figure(), alt=alt)
    pyplot.close("all")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 3), np.float32), "before has dtype float32; expected uint8"),
        (np.zeros((4, 4, 4), np.uint8), r"before has shape \(4, 4, 4\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"before has shape \(1, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), r"before has shape \(0, 4, 3\)"),
        (np.zeros((8, 2, 3), np.uint8), "before is 2×8 pixels but after is 4×4"),
    ],
)
def test_images_that_cannot_be_compared_are_named(image, message):
    with pytest.raises(ValueError, match=message):
        display.compare(image, np.zeros((4, 4, 3), np.uint8), alt="nothing")


@pytest.mark.parametrize("zoom", [0, -1, 1.5, True, "2"])
def test_zoom_is_a_positive_integer(zoom):
    with pytest.raises(ValueError, match="zoom must be a positive integer"):
        display.compare(plain(RED), plain(BLUE), alt="colours", zoom=zoom)
    with pytest.raises(ValueError, match="zoom must be a positive integer"):
        display.gallery([plain(RED)], ["red"], alt="red", zoom=zoom)


def test_a_gallery_needs_as_many_texts_as_images():
    images = [plain(RED), plain(BLUE)]
    with pytest.raises(ValueError, match="2 images need as many captions, not 1"):
        display.gallery(images, ["red"], alt="colours")
    with pytest.raises(ValueError, match="2 images need as many captions, not 1"):
        display.gallery(images, "ab", alt="colours")  # not one letter for each
    with pytest.raises(ValueError, match="2 images need as many alternative texts, not 3"):
        display.gallery(images, ["red", "blue"], alt=["a", "b", "c"])
    with pytest.raises(ValueError, match="at least one image"):
        display.gallery([], [], alt="nothing")


@pytest.mark.parametrize("labels", ["ab", ("a",), ("a", "b", "c"), ("a", " ")])
def test_a_slider_needs_two_labels(labels):
    with pytest.raises(ValueError, match="label"):
        display.compare(plain(RED), plain(BLUE), alt="colours", labels=labels)


def test_a_chart_needs_a_figure():
    figure, axes = pyplot.subplots()
    with pytest.raises(ValueError, match="needs a matplotlib Figure, not Axes"):
        display.chart(axes, alt="nothing")
    pyplot.close(figure)


# In the browser


def pixels(locator, margin=0):
    """What the screen shows of an element, and of a margin around it."""
    screen = Image.open(io.BytesIO(locator.page.screenshot(full_page=True))).convert("RGB")
    ratio, box = locator.page.evaluate("devicePixelRatio"), locator.bounding_box()
    left, top = round(box["x"] * ratio), round(box["y"] * ratio)
    width, height = round(box["width"] * ratio), round(box["height"] * ratio)
    area = (left - margin, top - margin, left + width + margin, top + height + margin)
    return np.asarray(screen.crop(area))


def split(stage):
    """Where the first image ends and the second begins, measured in a screenshot, as a fraction."""
    row = pixels(stage)[5].astype(int)
    red = (np.abs(row - RED).sum(-1) < 6).sum()
    blue = (np.abs(row - BLUE).sum(-1) < 6).sum()
    assert red + blue >= len(row) - 5  # the divider covers the rest
    return (red + (len(row) - blue)) / 2 / len(row)


def colours(**options):
    return display.compare(plain(RED), plain(BLUE), alt="two colours", **options)


@pytest.mark.browser
def test_the_slider_moves_by_keyboard_and_leaves_others_alone(show):
    page = show(colours(), colours(zoom=2))
    first, second = page.locator(".srlib-stage").all()
    assert split(first) == pytest.approx(0.5, abs=0.01)
    page.keyboard.press("Tab")
    slider = first.locator("input")
    assert slider.evaluate("e => e === document.activeElement")
    assert first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"  # the focus is seen
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert split(first) == pytest.approx(0.7, abs=0.01)
    assert slider.get_attribute("aria-valuetext") == "70 % before"
    page.keyboard.press("Home")
    assert split(first) == pytest.approx(0, abs=0.01)
    page.keyboard.press("End")
    assert split(first) == pytest.approx(1, abs=0.01)
    assert split(second) == pytest.approx(0.5, abs=0.01)
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert split(second) == pytest.approx(0, abs=0.01)
    assert split(first) == pytest.approx(1, abs=0.01)


@pytest.mark.browser
def test_the_slider_follows_the_mouse(show):
    stage = show(colours(zoom=2)).locator(".srlib-stage")
    box, mouse = stage.bounding_box(), stage.page.mouse
    mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 10)
    assert split(stage) == pytest.approx(0.25, abs=0.01)
    mouse.down()
    mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 300, steps=4)  # also when it slips off
    assert split(stage) == pytest.approx(0.9, abs=0.01)
    mouse.up()
    mouse.move(box["x"], box["y"])
    assert split(stage) == pytest.approx(0.9, abs=0.01)


PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}


def swipe(page, start, end):
    """Drag a finger over the page; Playwright itself only taps."""
    send = page.context.new_cdp_session(page).send
    for step in range(11):
        x, y = (a + (b - a) * step / 10 for a, b in zip(start, end, strict=True))
        kind = "touchMove" if step else "touchStart"
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def clip(stage):
    """How many per cent of the second image are cut off."""
    path = stage.locator("img + img").evaluate("e => getComputedStyle(e).clipPath")
    return float(re.fullmatch(r"inset\(0px 0px 0px ([\d.]+)%\)", path)[1])


@pytest.mark.browser
def test_a_finger_drags_the_divider_and_elsewhere_scrolls_the_image(show):
    page = show(colours(zoom=3), **PHONE)
    stage, scroll = page.locator(".srlib-stage"), page.locator(".srlib-scroll")
    box = stage.bounding_box()
    assert box["width"] == 600  # wider than the phone, and not shrunk to it
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    top = box["y"] + 15  # the divider takes hold at any height
    swipe(page, (box["x"] + 300, top), (box["x"] + 120, top))
    assert clip(stage) == pytest.approx(20, abs=1)
    assert scroll.evaluate("e => e.scrollLeft") == 0
    before = clip(stage)
    swipe(page, (box["x"] + 340, top), (box["x"] + 190, top))
    page.wait_for_function("document.querySelector('.srlib-scroll').scrollLeft > 100")
    assert clip(stage) == before


@pytest.mark.browser
def test_without_javascript_half_of_each_image_is_seen(show):
    page = show(colours(), java_script_enabled=False)
    assert split(page.locator(".srlib-stage")) == pytest.approx(0.5, abs=0.01)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("context", [{}, {"device_scale_factor": 2}, PHONE])
def test_the_screen_shows_the_very_pixels_whatever_the_theme(show, theme, context):
    image = noise(24, 200)
    page = show(
        display.gallery([image], ["static"], alt="static", zoom=3),
        display.compare(image, image, alt="static", zoom=3),
        theme=theme,
        **context,
    )
    for photo in page.locator("img").all():
        assert photo.evaluate("e => e.getBoundingClientRect().width / e.naturalWidth") == 3
        assert photo.evaluate("e => getComputedStyle(e).imageRendering") == "pixelated"
        assert photo.evaluate("e => getComputedStyle(e).filter") == "none"
    repeat = 3 * context.get("device_scale_factor", 1)
    enlarged = image.repeat(repeat, axis=0).repeat(repeat, axis=1)
    for photo in (page.locator(".srlib-gallery img"), page.locator(".srlib-stage img").first):
        # On dense screens an element may begin between two CSS pixels; hence the margin. What is
        # compared lies left of the divider and of the edge of the phone.
        assert holds(pixels(photo, margin=1), enlarged[:, :270])


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_serious(show, theme, width):
    image = dead_leaves((256, 512))
    figure = pyplot.figure()
    page = show(
        display.compare(image, image, alt="leaves", labels=("LR", "HR"), caption="Leaves."),
        display.gallery([image, image[:50, :50]], ["whole", "part"], alt="leaves"),
        display.chart(figure, alt="an empty chart"),
        theme=theme,
        viewport={"width": width, "height": 900},
    )
    assert serious_violations(page) == []
    # Text is seen in the page's own colours.
    colour = re.compile(r"rgb\(206, 214, 221\)" if theme == "dark" else r"rgb\(0, 0, 0\)")
    for text in page.locator(".srlib-labels span, figcaption").all():
        assert colour.match(text.evaluate("e => getComputedStyle(e).color"))
