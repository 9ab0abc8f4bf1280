"""The blind rating in a real browser: by keyboard, blind, kept, exported, read by the library."""

import json
import re
import shutil

import numpy as np
import pytest
import smoke_book
from browser import serious_violations, served_files, visit
from typer.testing import CliRunner

import srlib
from srlib.cli import app
from srlib.evaluation import PHOTOGRAPH, SPOILT, catch_trials

pytestmark = [pytest.mark.slow, pytest.mark.browser]

MADE = smoke_book.ROOT / "_build" / "rating"
PAIRS, SINGLES = 20, 12
KEYS = {"1": "left", "2": "right", "3": "cannot tell"}
ARROWS = {"ArrowLeft": "left", "ArrowRight": "right", "ArrowDown": "cannot tell"}


@pytest.fixture(scope="module")
def made():
    """The pictures, by the rule that makes those of the site."""
    result = smoke_book.make("_build/rating/trials.json")
    assert result.returncode == 0, result.stdout
    return MADE


@pytest.fixture(scope="module")
def address(made, tmp_path_factory):
    """The page alone, without the book around it, which is built elsewhere."""
    folder = tmp_path_factory.mktemp("site")
    source = (smoke_book.ROOT / "book" / "rating.md").read_text(encoding="utf-8")
    (html,) = re.findall(r"```\{raw\} html\n(.*?)```", source, re.S)
    (folder / "book").mkdir()
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>t</title><main><h1>t</h1>{html}"
    )
    (folder / "book" / "rating.html").write_text(page, encoding="utf-8")
    shutil.copytree(smoke_book.ROOT / "book" / "_static" / "rating", folder / "_static" / "rating")
    shutil.copytree(made, folder / "_static" / "rating", dirs_exist_ok=True)
    with served_files(folder) as address:
        yield f"{address}book/rating.html"


@pytest.fixture
def seen(browser, address):
    seen = visit(browser, viewport={"width": 900, "height": 900}, accept_downloads=True)
    seen.page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    seen.page.goto(address)
    part(seen, "begin").wait_for()
    yield seen
    assert seen.problems == []
    seen.page.context.close()


def part(seen, name):
    return seen.page.locator(f"#rating [data-part={name}]")


def said(seen, pattern):
    found = part(seen, "said").filter(has_text=re.compile(pattern))
    found.wait_for()
    return found.text_content()


def shown(seen):
    """The names of the pictures on the stage."""
    images = part(seen, "stage").locator("img")
    return [images.nth(i).get_attribute("src").split("/")[-1] for i in range(images.count())]


def test_no_file_tells_what_it_is(made):
    files = sorted((made / "pictures").iterdir())
    trials = json.loads((made / "trials.json").read_text())
    named = {name for pair in trials["pairs"] for name in pair} | {*trials["singles"]}
    assert {file.stem for file in files} == named
    assert len({file.stat().st_size for file in files}) == 1
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in named)
    assert {srlib.read_image(file).shape for file in files} == {(160, 160, 3)}
    assert sum(file.stat().st_size for file in files) < 3_000_000
    # Neither the order of the pairs nor that in a pair says anything: both are those of the names.
    assert trials["pairs"] == sorted(sorted(pair) for pair in trials["pairs"])
    assert all(a != b for a, b in trials["pairs"])


def test_twenty_pairs_by_keyboard_exported_and_read_back(seen, tmp_path):
    page = seen.page
    page.keyboard.press("Tab")
    assert part(seen, "begin").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    on_stage, given = [], []
    for i in range(PAIRS):
        said(seen, rf"^Pair {i + 1} of {PAIRS}\.")
        on_stage.append(shown(seen))
        keys = KEYS if i % 2 else ARROWS
        key = list(keys)[i % 3]
        page.keyboard.press(key)
        given.append(keys[key])
    for i in range(SINGLES):
        said(seen, rf"^Picture {i + 1} of {SINGLES}\.")
        page.keyboard.press(str(i % 5 + 1))
    said(seen, "^That was all")
    # Until now nothing has said what the pictures are.
    assert not any("key" in url for url in seen.requests)
    with page.expect_download() as download:
        page.keyboard.press("Enter")  # the focus is on the button that saves
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    right = re.search(r"You had (\d) of 3 catch trials right", said(seen, "^Saved as"))[1]

    found = srlib.read_ratings([file])
    assert len(found.pairs) == PAIRS and len(found.scores) == SINGLES
    assert list(found.pairs["answer"]) == given
    assert list(found.scores["score"]) == [i % 5 + 1 for i in range(SINGLES)]
    assert not found.simulated
    assert catch_trials(found.pairs)["right"].item() == int(right)
    known = found.pairs["expected"].dropna()
    assert sorted(known)[0] == "cannot tell" and len(known) == 3
    for row in found.pairs.itertuples():
        assert (SPOILT in (row.left, row.right)) == (row.expected in ("left", "right"))
        if SPOILT in (row.left, row.right):
            assert getattr(row, row.expected) == PHOTOGRAPH
    rows = part(seen, "pairs").locator("tr")
    assert rows.count() == PAIRS
    first = found.pairs.iloc[0]
    assert rows.first.inner_text().split("\t")[:3] == [first.crop, first.left, first.right]
    result = CliRunner().invoke(app, ["ratings", str(file)], catch_exceptions=False)
    assert result.exit_code == 0 and "edsr-srgan-half" in result.stdout
    check_pictures(on_stage, found.pairs)


def check_pictures(on_stage, pairs):
    """What the file says was shown are the pixels that were shown."""
    photo = next(p for p in srlib.photos("course-test") if p.name == "chelsea").image
    crop = photo[60:220, 100:260]
    for names, row in zip(on_stage, pairs.itertuples(), strict=True):
        for name, method in zip(names, (row.left, row.right), strict=True):
            pixels = srlib.read_image(MADE / "pictures" / name)
            if row.crop == "eye":
                assert np.array_equal(pixels, crop) == (method == PHOTOGRAPH)


def test_the_page_shows_nothing_that_tells_the_pictures_apart(seen):
    part(seen, "begin").click()
    for i in range(6):
        said(seen, rf"^Pair {i + 1} ")
        images = part(seen, "stage").locator("img")
        boxes = [images.nth(k).bounding_box() for k in range(2)]
        assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
        assert {(b["width"], b["height"]) for b in boxes} == {(160, 160)}
        attributes = images.evaluate_all(
            "all => all.map(e => e.getAttributeNames().map(n => [n, e.getAttribute(n)]))"
        )
        left, right = (dict(a) for a in attributes)
        differ = {name for name in left if left[name] != right[name]}
        assert differ == {"src", "alt"}
        assert re.search(r"/pictures/[0-9a-f]{16}\.png$", left["src"])
        assert right["alt"] == left["alt"].replace("Left", "Right")
        html = part(seen, "work").inner_html()
        assert not re.search("bicubic|edsr|srresnet|srgan|nearest|HR", html)
        seen.page.keyboard.press("3")
    assert not any("key" in url for url in seen.requests)


def test_readers_see_other_orders_and_sides(browser, address):
    orders = []
    for _ in range(2):
        seen = visit(browser)
        seen.page.goto(address)
        part(seen, "begin").click()
        said(seen, "^Pair 1 ")
        kept = json.loads(seen.page.evaluate("localStorage.getItem('srlib-rating')"))
        orders.append([tuple(asked["pictures"]) for asked in kept["asked"][:PAIRS]])
        seen.page.context.close()
    assert orders[0] != orders[1]
    assert {frozenset(pair) for pair in orders[0]} == {frozenset(pair) for pair in orders[1]}
    sides = [pair == tuple(sorted(pair)) for order in orders for pair in order]
    assert 4 < sum(sides) < 36  # of forty tosses: otherwise once in some hundred million


def test_a_reload_goes_on_and_an_answer_can_be_taken_back(seen, address):
    part(seen, "begin").click()
    for i in range(3):
        said(seen, rf"^Pair {i + 1} ")
        before = shown(seen)
        seen.page.keyboard.press("2")
    said(seen, "^Pair 4 ")
    seen.page.keyboard.press("Backspace")
    said(seen, "^Pair 3 ")
    assert shown(seen) == before
    seen.page.reload()
    assert part(seen, "begin").inner_text() == "Go on after 2 answers"
    part(seen, "begin").click()
    said(seen, "^Pair 3 ")
    assert shown(seen) == before
    seen.page.locator("#rating [data-answer='2']").click()
    said(seen, "^Pair 4 ")


def test_keys_outside_the_rating_are_the_page_s(seen):
    part(seen, "begin").click()
    said(seen, "^Pair 1 ")
    part(seen, "stage").evaluate("e => e.blur()")
    seen.page.keyboard.press("1")
    seen.page.keyboard.press("Control+1")
    assert said(seen, "^Pair 1 ")


def test_axe_finds_nothing_and_it_fits_a_phone(seen):
    assert serious_violations(seen.page) == []
    part(seen, "begin").click()
    said(seen, "^Pair 1 ")
    assert serious_violations(seen.page) == []
    seen.page.set_viewport_size({"width": 390, "height": 700})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_a_script_the_page_says_what_it_needs(browser, address):
    seen = visit(browser, java_script_enabled=False)
    seen.page.goto(address)
    assert seen.page.locator("#rating-still").is_visible()
    assert not seen.page.locator("#rating").is_visible()
    seen.page.context.close()
