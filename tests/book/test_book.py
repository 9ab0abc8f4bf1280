"""The site as a reader sees it: built by the real command, served over HTTP, in a real browser."""

import json
import re
from urllib.parse import unquote, urldefrag

import pytest
import smoke_book
from browser import serious_violations, visit
from bs4 import BeautifulSoup

PAGES = [*smoke_book.contents(), "search", "genindex"]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.slow
in_a_browser = pytest.mark.browser

# What the page shows of each image: its text, what is done to its pixels, and by how much each of
# them is enlarged.
IMAGES = """() => [...document.images].map(image => {
    const style = getComputedStyle(image), inside = image.closest('.srlib-stage, .srlib-gallery');
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return {
        alt: image.alt,
        filter: style.filter,
        opacity: style.opacity,
        blend: style.mixBlendMode,
        rendering: style.imageRendering,
        zoom: inside && (image.clientWidth - padding) / image.naturalWidth,
    };
})"""


@pytest.fixture(
    scope="module",
    params=[(page, mode) for page in PAGES for mode in ("light", "dark")],
    ids=lambda param: "-".join(param),
)
def opened(request, browser, origin):
    """A page of the site, open in a browser whose user likes it light or dark."""
    document, mode = request.param
    seen = visit(browser, color_scheme=mode, viewport=DESKTOP)
    seen.page.goto(f"{origin}{document}.html", wait_until="networkidle")
    assert seen.page.locator("html").get_attribute("data-theme") == mode
    yield seen
    seen.page.context.close()


@in_a_browser
def test_a_page_opens_without_a_problem_and_asks_no_other_server(opened, origin):
    assert opened.requests
    assert opened.problems == []
    assert opened.external(origin) == []


@in_a_browser
def test_no_theme_alters_a_photograph(opened):
    for image in opened.page.evaluate(IMAGES):
        assert (image["filter"], image["opacity"], image["blend"]) == ("none", "1", "normal")
        if image["zoom"] is not None:
            assert image["rendering"] == "pixelated"
            assert image["zoom"] == round(image["zoom"]) >= 1


@in_a_browser
def test_every_image_has_a_text(opened):
    texts = [image["alt"] for image in opened.page.evaluate(IMAGES)]
    assert [t for t in texts if len(t) <= 10 or re.search(r":/|\.(png|jpe?g|svg)\b", t)] == []


@in_a_browser
def test_axe_finds_no_serious_violation(opened):
    # The other mode has the same elements in other colours.
    dark = opened.page.locator("html").get_attribute("data-theme") == "dark"
    assert serious_violations(opened.page, contrast_only=dark) == []


@in_a_browser
@pytest.mark.parametrize("where", ["span", "pre"])
def test_one_pale_word_of_code_is_found_among_many_like_it(browser, where):
    seen = visit(browser, viewport=DESKTOP)
    words, pale = "<span>word</span> " * 50, '<span style="color: #ccc">word</span>'
    if where == "pre":  # pale for what is behind it
        pale = '</pre><pre style="background: #222"><span>word</span>'
    code = f'<div class="highlight" style="background: white"><pre>{words}{pale}</pre></div>'
    seen.page.set_content(f"<html lang='en'><title>Code</title><main>{code}</main>")
    (found,) = serious_violations(seen.page, contrast_only=True)
    assert found.startswith("color-contrast") and found.count("word") == 1
    assert seen.page.locator("[data-repeated]").count() == 0
    seen.page.context.close()


@in_a_browser
def test_a_page_fits_a_phone(opened):
    opened.page.set_viewport_size(PHONE)
    width = opened.page.evaluate("document.documentElement.scrollWidth")
    opened.page.set_viewport_size(DESKTOP)
    assert width <= PHONE["width"]


LESSONS = [page for page in PAGES if page.startswith("notebooks/")]

# Moves each control of the page to each of its values, and returns of each step which states are
# seen and whether what they show has arrived.
MOVED = """() => {
    const steps = [];
    for (const all of document.querySelectorAll('.srlib-explore')) {
        for (const control of all.querySelectorAll(':scope > .srlib-controls [data-labels]')) {
            JSON.parse(control.dataset.labels).forEach((label, i) => {
                if (control.type === 'checkbox') control.checked = i;
                else if (control.type === 'range') control.value = i;
                else control.selectedIndex = i;
                control.dispatchEvent(new Event('input'));
                const seen = [...all.querySelectorAll(':scope > .srlib-states > *')].filter(
                    state => getComputedStyle(state).visibility === 'visible');
                steps.push({
                    seen: seen.length,
                    named: seen[0].dataset.name.includes(label),
                    drawn: [...seen[0].querySelectorAll('img')].every(image => image.naturalWidth),
                    says: all.querySelector('[role=status]').textContent,
                });
            });
        }
    }
    return steps;
}"""


@in_a_browser
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_control_of_a_lesson_moves(browser, origin, lesson):
    seen = visit(browser, viewport=DESKTOP)
    seen.page.goto(f"{origin}{lesson}.html", wait_until="networkidle")
    assert seen.page.locator(".srlib-explore").count() >= 2
    steps = seen.page.evaluate(MOVED)
    assert all(step["seen"] == 1 and step["named"] and step["drawn"] for step in steps)
    assert all(len(step["says"]) > 10 for step in steps)
    seen.page.context.close()


@in_a_browser
def test_the_quizzes_of_a_page_answer_and_their_sources_are_not_on_it(browser, origin):
    seen = visit(browser, viewport=DESKTOP)
    seen.page.goto(f"{origin}{LESSONS[0]}.html", wait_until="networkidle")
    quizzes = seen.page.locator(".srlib-quiz").all()
    assert len(quizzes) >= 2
    for quiz in quizzes:
        for summary in quiz.locator("summary").all():
            summary.click()
            assert quiz.locator("p:visible").count() == 1
    assert seen.page.get_by_text("srlib.quiz").count() == 0
    seen.page.context.close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_light_enough_for_a_phone(site, page):
    assert (site / f"{page}.html").stat().st_size < 6_000_000


@pytest.fixture
def welcome(browser, origin):
    """The first page, reached by the address of the site itself."""
    seen = visit(browser, color_scheme="light", viewport=DESKTOP)
    seen.page.goto(origin)
    seen.page.wait_for_url("**/book/welcome.html")
    seen.page.wait_for_load_state("networkidle")
    yield seen.page
    seen.page.context.close()


@in_a_browser
def test_the_slider_is_below_the_buttons_above_the_fold_and_moves_by_key_and_pointer(welcome):
    stage, slider = welcome.locator(".srlib-stage"), welcome.locator(".srlib-stage input")
    box = stage.bounding_box()
    assert box["y"] + box["height"] <= DESKTOP["height"]
    buttons = [welcome.get_by_role("link", name=name) for name in ("Enlarge a", "Start lesson 1")]
    assert all(button.bounding_box()["y"] < box["y"] for button in buttons)

    def shown():  # how much of the second image is cut off, in percent
        inset = stage.locator("img").nth(1).evaluate("e => getComputedStyle(e).clipPath")
        return float(re.search(r"([\d.]+)%", inset).group(1))

    assert shown() == 50
    slider.focus()
    for _ in range(5):
        welcome.keyboard.press("ArrowRight")
    by_key = shown()
    assert by_key > 50

    y = box["y"] + box["height"] / 2
    welcome.mouse.move(box["x"] + box["width"] * by_key / 100, y)
    welcome.mouse.down()
    welcome.mouse.move(box["x"] + box["width"] * 0.2, y, steps=5)
    welcome.mouse.up()
    assert shown() == pytest.approx(20, abs=2)


@in_a_browser
def test_photographs_stay_as_they_are_when_the_reader_switches_modes(welcome):
    # One that srlib.display has not prepared counts as well.
    welcome.evaluate("document.querySelector('article').append(new Image(8, 8))")
    seen = set()
    for _ in range(3):
        welcome.locator(".article-header-buttons button.theme-switch-button").click()
        seen.add(welcome.locator("html").get_attribute("data-theme"))
        assert {image["filter"] for image in welcome.evaluate(IMAGES)} == {"none"}
    assert seen == {"light", "dark"}


@in_a_browser
def test_every_button_leads_somewhere(browser, origin):
    seen = visit(browser, viewport=DESKTOP)
    page = seen.page
    page.goto(f"{origin}notebooks/{smoke_book.LESSONS[0].stem}.html", wait_until="networkidle")
    buttons = page.locator(".article-header-buttons button")
    labels = [buttons.nth(i).get_attribute("aria-label") for i in range(buttons.count())]
    assert [label for label in labels if label] != []
    links = page.locator(".article-header-buttons a")
    targets = [links.nth(i).get_attribute("href") for i in range(links.count())]
    (source,) = {t for t in targets if t.endswith(".ipynb")}
    answer = page.request.get(f"{origin}notebooks/{source}")
    assert json.loads(answer.text())["cells"]
    assert [t for t in targets if t.startswith("http")] == []
    page.context.close()


@in_a_browser
@pytest.mark.parametrize(
    ("word", "lesson", "in_source"),
    [("aliasing", "01_what_is_super_resolution", True), ("gravel", "02_dataset_creation", False)],
)
def test_the_search_finds_a_word_of_a_lesson_and_of_its_results(
    browser, origin, word, lesson, in_source
):
    source = (smoke_book.ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8")
    assert (word in source) == in_source
    seen = visit(browser)
    seen.page.goto(f"{origin}search.html?q={word}")
    seen.page.locator(f"#search-results a[href*='{lesson}']").first.wait_for()
    assert seen.problems == []
    seen.page.context.close()


def test_every_link_within_the_site_leads_somewhere(site):
    pages = {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    }
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for tag in page.find_all(["a", "img", "link", "script"]):
            address = tag.get("href") or tag.get("src") or ""
            if re.match(r"[a-z]+:", address):
                continue
            target, anchor = urldefrag(unquote(address))
            file = (path.parent / target.split("?")[0]).resolve() if target else path
            if not file.is_file() or (anchor and file in anchors and anchor not in anchors[file]):
                broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_what_was_built_is_not_built_again(site):
    result = smoke_book.make("--question", "_build/smoke/site/index.html")
    assert result.returncode == 0, result.stdout


def test_the_status_page_has_every_lesson_and_the_versions(site):
    page = BeautifulSoup((site / "book" / "status.html").read_text(), "html.parser")
    cells = {cell.get_text() for cell in page.find_all("td")}
    assert {lesson.stem for lesson in smoke_book.LESSONS} <= cells
    assert {"keras", "tensorflow", "jupyter-book"} <= cells


def in_minutes(text):
    """The minutes to read and to run that a text tells, as often as it tells them."""
    told = re.findall(r"(?=\d)(?:(\d+) h ?)?(?:(\d+) min)? to (?:read|run)", text)
    return [60 * int(hours or 0) + int(minutes or 0) for hours, minutes in told]


def test_the_welcome_page_tells_the_minutes_of_this_build(site):
    page = BeautifulSoup((site / "book" / "welcome.html").read_text(), "html.parser")
    records = {
        f"../notebooks/{lesson.stem}.html": json.loads(
            (site.parent / "notebooks" / f"{lesson.stem}.json").read_text()
        )
        for lesson in smoke_book.LESSONS
    }
    told = [item for item in page.find_all("li") if in_minutes(item.text) and not item.find("li")]
    for item in told:
        lessons = [records[a["href"]] for a in item.find_all("a") if a["href"] in records]
        reading, running = in_minutes(" ".join(item.text.split()))
        assert reading == sum(lesson["reading_minutes"] for lesson in lessons) > 0
        assert running == pytest.approx(sum(lesson["seconds"] for lesson in lessons) / 60, abs=1)
    # An afternoon, each day of a week, a short course; and every lesson.
    assert len(told) == 1 + 5 + 1 + len(records)


def test_an_unknown_profile_is_refused_with_the_names_of_those_there_are():
    result = smoke_book.make("book", "PROFILE=medium")
    assert result.returncode != 0
    assert "there is no profile 'medium'" in result.stdout
    for profile in ("smoke", "course", "full"):
        assert f"PROFILE={profile}" in result.stdout
