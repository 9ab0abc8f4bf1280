"""Controls over pictures and charts whose values are read: what a page holds and how it moves."""

import json
import re

import numpy as np
import pytest
from browser import serious_violations
from elements import Elements, fallback, holds
from matplotlib import pyplot

import srlib


def square(level=100, name="plain", inverted=False):
    image = np.full((24, 30, 3), 255 - level if inverted else level, np.uint8)
    return srlib.gallery([image], [f"{name} {level}"], alt=f"{name} at {level}")


def every_control(**others):
    controls = {"level": (0, 200, 100), "name": ["plain", "odd"], "inverted": [False, True]}
    return srlib.explore(square, **(controls | others))


# What a page holds


def test_every_combination_is_computed_and_the_defaults_are_shown():
    page = Elements(every_control(caption="Move it.").html)
    states = [a for a in page.all("div") if a.get("class") == "srlib-state"]
    assert len(states) == 3 * 2 * 2
    assert states[0]["data-name"] == "level 0, name plain, inverted no"
    assert states[-1]["data-name"] == "level 200, name odd, inverted yes"
    assert states[-1]["data-says"] == "odd 200: odd at 200"
    assert [a["data-name"] for a in states if "data-shown" in a] == [
        "level 100, name plain, inverted no"
    ]
    assert [a["type"] for a in page.all("input")] == ["range", "checkbox"]
    assert len(page.all("select")) == 1
    assert len(page.all("style")) == 1
    assert "Move it." in page.text


def test_where_nothing_moves_states_stand_in_a_row():
    picture = srlib.explore(square, level=[10, 60, 100, 160])
    sheet = fallback(picture)
    for level in (10, 60, 100, 160):
        assert holds(sheet, np.full((24, 30, 3), level, np.uint8))
    assert repr(picture).startswith("level 10: plain 10: plain at 10; level 60: ")


def test_values_have_names_and_may_be_anything():
    shown = []

    def show(network):
        shown.append(network)
        return square()

    html = srlib.explore(show, network={"SRCNN & co": abs, "EDSR": len}).html
    assert shown == [abs, len]
    assert "<option selected>SRCNN &amp; co</option><option>EDSR</option>" in html


def test_a_function_may_show_several_pictures():
    state = srlib.explore(lambda level: [square(level), square(level + 1)], level=[10, 20]).html
    assert len(Elements(state).all("img")) == 4


@pytest.mark.parametrize(
    ("controls", "error", "message"),
    [
        ({}, ValueError, "explore needs a control: an argument of square, with values"),
        ({"level": [1]}, ValueError, r"level needs two values or more to choose among, not \[1\]"),
        ({"level": [1, 2]}, ValueError, r"level is 100 by default, which is none of \[1, 2\]"),
        ({"level": (9, 1, 1)}, ValueError, r"level must be \(low, high, step\) upwards"),
        ({"level": (0, 100, 1)}, ValueError, "101 of level make 101 states, but a page holds 64"),
        ({"other": [1, 2]}, TypeError, "unexpected keyword argument 'other'"),
    ],
)
def test_what_cannot_be_explored_is_told(controls, error, message):
    with pytest.raises(error, match=message):
        srlib.explore(square, **controls)


def test_a_function_must_show_pictures():
    with pytest.raises(TypeError, match=r"must return what srlib\.gallery, .* made.*, not int"):
        srlib.explore(lambda a: a, a=[1, 2])


def curves():
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3))
    left.plot([0, 10, 20], [1, 2, 4], label="with")
    left.plot([10, 20], [3, 3], label="without")
    left.axhline(2.5)
    left.set(xlabel="step", ylabel="PSNR (dB)", xlim=(0, 20))
    for name, cost, score in (("SRCNN", 10, 31), ("EDSR", 1000, 33)):
        right.plot(cost, score, "o")
        right.annotate(name, (cost, score))
    right.set(xlabel="GMAC", ylabel="dB", xscale="log", xlim=(1, 10_000))
    return srlib.chart(figure, alt="curves and points")


def test_a_chart_tells_its_values():
    lines, points = (json.loads(a["data-stops"]) for a in Elements(curves().html).all("input"))
    assert lines == [
        [0, None, "step 0: with 1"],
        [50, None, "step 10: with 2; without 3"],
        [100, None, "step 20: with 4; without 3"],
    ]
    assert [text for *_, text in points] == ["SRCNN: GMAC 10, dB 31", "EDSR: GMAC 1,000, dB 33"]
    assert [across for across, *_ in points] == [25, 75]


def test_long_lines_are_told_at_some_places_and_many_lines_by_their_range():
    figure, axes = pyplot.subplots()
    for i in range(9):
        axes.plot(np.arange(1000), np.full(1000, i))
    (slider,) = Elements(srlib.chart(figure, alt="nine").html).all("input")
    stops = json.loads(slider["data-stops"])
    assert len(stops) == 48
    assert stops[0][2] == "at 0: 9 curves from 0 to 8"


def test_bars_tell_their_values_at_their_ends():
    figure, (upright, lying) = pyplot.subplots(1, 2)
    upright.bar([0, 1], [1, -2], 0.4, label="before")
    upright.bar([0.4, 1.4], [3, 4], 0.4, label="after")
    upright.set_xticks([0, 1], ["SRCNN", "EDSR"])
    upright.set(ylabel="dB", ylim=(-4, 4))
    lying.barh(["a", "b"], [10, 1000])
    lying.set(xlim=(0, 2000))
    page = Elements(srlib.chart(figure, alt="bars").html)
    ends = [json.loads(axes["data-stops"]) for axes in page.all("input")]
    assert [text for *_, text in ends[0]] == [
        "SRCNN, before: 1 dB", "SRCNN, after: 3 dB", "EDSR, before: -2 dB", "EDSR, after: 4 dB",
    ]  # fmt: skip
    assert [down for _, down, _ in ends[0]] == [37.5, 12.5, 75, 0]
    assert [(across, text) for across, _, text in ends[1]] == [(0.5, "a: 10"), (50, "b: 1,000")]


def test_charts_without_values_to_read_are_pictures():
    figure, (bars, image) = pyplot.subplots(1, 2)
    bars.hist(np.arange(1000), 100)
    image.imshow(np.zeros((4, 4)))
    page = Elements(srlib.chart(figure, alt="a histogram and an image").html)
    assert page.all("input") == []
    assert "Point at" not in page.text


# In the browser


@pytest.mark.browser
def test_controls_move_by_key_and_pointer_and_say_what_is_seen(show):
    page = show(every_control(), every_control())
    first, second = page.locator(".srlib-explore").all()
    level = first.get_by_role("slider", name="level")
    assert level.get_attribute("aria-valuetext") == "100"
    level.focus()
    page.keyboard.press("ArrowRight")
    first.get_by_role("combobox", name="name").select_option("odd")
    first.get_by_role("checkbox", name="inverted").click()
    shown = first.locator("[data-shown]")
    assert shown.get_attribute("data-name") == "level 200, name odd, inverted yes"
    assert level.get_attribute("aria-valuetext") == "200"
    assert first.get_by_role("status").text_content() == "odd 200: odd at 200"
    assert [image.get_attribute("alt") for image in first.get_by_role("img").all()] == [
        "odd at 200"
    ]
    assert second.locator("[data-shown]").get_attribute("data-name").startswith("level 100")
    box = level.bounding_box()
    page.mouse.click(box["x"] + 2, box["y"] + box["height"] / 2)
    assert shown.get_attribute("data-name") == "level 0, name odd, inverted yes"


@pytest.mark.browser
def test_a_slider_inside_a_state_moves_too(show):
    def both(level):
        images = [np.full((40, 200, 3), level + i, np.uint8) for i in (0, 50)]
        return srlib.compare(*images, alt=f"gray of {level}")

    page = show(srlib.explore(both, level=[100, 150]))
    page.get_by_role("slider", name="level").press("ArrowRight")
    page.locator("[data-shown] .srlib-stage input").press("Home")
    assert page.locator("[data-shown] .srlib-stage input").input_value() == "0"


@pytest.mark.browser
def test_a_chart_is_read_by_pointer_and_keys(show):
    page = show(curves())
    lines, points = page.get_by_role("slider").all()
    told = page.locator(".srlib-value")
    assert told.text_content() == "Point at the chart to read its values."
    box = lines.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + 10)
    assert told.text_content() == "step 10: with 2; without 3"
    box = points.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.9)
    assert told.text_content() == "SRCNN: GMAC 10, dB 31"
    page.keyboard.press("ArrowRight")
    assert told.text_content() == "EDSR: GMAC 1,000, dB 33"
    assert points.get_attribute("aria-valuetext") == told.text_content()


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_serious_in_controls(show, theme, width):
    viewport = {"width": width, "height": 900}
    page = show(every_control(caption="Squares."), curves(), theme=theme, viewport=viewport)
    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colour = re.compile(r"rgb\(206, 214, 221\)" if theme == "dark" else r"rgb\(0, 0, 0\)")
    for text in page.locator(".srlib-controls label, .srlib-value").all():
        assert colour.match(text.evaluate("e => getComputedStyle(e).color"))
