"""Print the built site as one PDF: ``python tools/pdf.py _build/smoke``.

All pages become one document, in the order of the table of contents, which Chromium prints: a link
to another page then leads to a place in it. It is printed again until the numbers in its contents
are those of its pages. Chromium is found on the PATH, or is where ``CHROMIUM`` says.
"""

import html
import logging
import posixpath
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag

import yaml
from bs4 import BeautifulSoup
from chromium import NAMES, find_chromium
from on_paper import made_for_paper, title_of
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit

import srlib
from srlib.images import atomic_path

STYLE = Path(__file__).with_suffix(".css")
MARGINS = dict.fromkeys(("top", "bottom", "left", "right"), "18mm")
FOOTER = '<p style="font: 8pt sans-serif; margin: auto" class="pageNumber"></p>'
PRINTINGS = 5  # that suffice; a number that becomes longer or shorter may move what comes later

# Tells each link with a page number the page on which the place lies to which it leads.
NUMBER = """pages => document.querySelectorAll('a[data-page]').forEach(link => {
    link.dataset.page = pages[link.getAttribute('href').slice(1)];
})"""


def parts_of(out):
    """The caption of each part of the book, and the documents in it; the first has no caption."""
    toc = yaml.safe_load((out / "_toc.yml").read_text(encoding="utf-8"))
    parts = [(part["caption"], part["chapters"]) for part in toc["parts"]]
    return [("", [{"file": toc["root"]}]), *parts]


def name_of(document, fragment=""):
    """What a page, or a place on it, is called in the book."""
    return "--".join(filter(None, (document.replace("/", "-"), fragment)))


def relinked(article, site, document, documents):
    """Give every name and every link on a page the name that it has in the book."""

    def at(address):
        return posixpath.normpath(posixpath.join(posixpath.dirname(document), address))

    for element in article.find_all(id=True):
        element["id"] = name_of(document, element["id"])
    article["id"] = name_of(document)
    for link in article.find_all("a", href=re.compile(r"^(?!\w+:)")):
        address, fragment = urldefrag(link["href"])
        target = at(address).removesuffix(".html") if address else document
        if target not in documents:
            link.unwrap()
            continue
        link["href"] = "#" + name_of(target, unquote(fragment))
        if target != document:
            link["data-page"] = "000"
    for image in article.find_all("img", src=re.compile("^(?!data:)")):
        image["src"] = (site / at(image["src"])).resolve().as_uri()
    return article


def headings(article):
    """Of a page's title and its sections: the level, the name and the words."""
    for heading in article.select("section > :is(h1, h2)"):
        yield int(heading.name[1]), heading.parent["id"], title_of(heading)


def contents(parts, articles):
    """The table of contents as HTML; the numbers of pages come later."""
    for caption, chapters in parts:
        if caption:
            yield f'<p class="part">{html.escape(caption)}</p>'
        for chapter in chapters:
            for level, name, title in headings(articles[chapter["file"]]):
                yield (
                    f'<p class="level-{level}"><a href="#{name}" data-page="000">'
                    f"{html.escape(title)}</a></p>"
                )


def book(out):
    """The book as one HTML document, and the entries of its outline."""
    site, parts = out / "site", parts_of(out)
    settings = yaml.safe_load((out / "_config.yml").read_text(encoding="utf-8"))
    documents = [chapter["file"] for _, chapters in parts for chapter in chapters]
    pages = {
        document: BeautifulSoup(
            (site / f"{document}.html").read_text(encoding="utf-8"), "html.parser"
        )
        for document in documents
    }
    # Outputs bring their style sheet along; once is enough.
    styles = {style.string for page in pages.values() for style in page.select("figure > style")}
    sheets = [
        (site / documents[0]).parent.joinpath(urldefrag(link["href"])[0].split("?")[0]).resolve()
        for link in pages[documents[0]].select("head link[rel=stylesheet]")
    ]
    articles = {
        document: relinked(made_for_paper(page), site, document, documents)
        for document, page in pages.items()
    }
    text = "\n".join(
        [
            '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">',
            f"<title>{html.escape(settings['title'])}</title>",
            *(f'<link rel="stylesheet" href="{sheet.as_uri()}">' for sheet in sheets),
            *(f"<style>{style}</style>" for style in [*styles, STYLE.read_text(encoding="utf-8")]),
            f'</head><body><header class="title"><h1>{html.escape(settings["title"])}</h1>',
            f"<p>{html.escape(settings['author'])}</p>",
            f"<p>Version {srlib.__version__}, profile <code>{out.name}</code></p></header>",
            '<nav class="book-contents"><h1>Contents</h1><div>',
            *contents(parts, articles),
            "</div></nav>",
            *map(str, articles.values()),
            "</body></html>",
        ]
    )
    return text, [entry for article in articles.values() for entry in headings(article)]


def chromium():
    """The path of the browser."""
    return find_chromium() or sys.exit(
        f"A PDF needs Chromium: none of {', '.join(NAMES)} is on the PATH. Install one, "
        "or name it: CHROMIUM=/path/to/chromium make pdf"
    )


def places(file):
    """The number of the page on which each named place lies, and how high up."""
    reader = PdfReader(file)
    return {
        name.removeprefix("/"): (reader.get_destination_page_number(place) + 1, place.top)
        for name, place in reader.named_destinations.items()
    }


def printed(program, source, target):
    """Print an HTML file until its page numbers are right; return where its places lie."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_context(color_scheme="light", offline=True).new_page()
        page.set_default_timeout(0)  # a machine may be slow
        page.goto(source.resolve().as_uri())
        told = None
        for _ in range(PRINTINGS):
            page.pdf(
                path=target, format="A4", scale=0.75, margin=MARGINS, print_background=True,
                display_header_footer=True, header_template="<p></p>", footer_template=FOOTER,
                tagged=True,
            )  # fmt: skip
            known = places(target)
            numbers = {name: number for name, (number, _) in known.items()}
            if numbers == told:
                return known
            page.evaluate(NUMBER, numbers)
            told = numbers
    raise RuntimeError(f"the page numbers still change after {PRINTINGS} printings")


def outlined(file, entries, known):
    """A printed book with an outline; in Chromium's own, words would run together."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium counts its objects otherwise
    writer = PdfWriter(clone_from=file)
    above = {}
    for level, name, title in entries:
        number, top = known[name]
        above[level] = writer.add_outline_item(
            title=title,
            page_number=number - 1,
            parent=above.get(level - 1),
            fit=Fit.xyz(left=0, top=top),
        )
    return writer


def main():
    """Print the site in the folder named on the command line."""
    out, program = Path(sys.argv[1]), chromium()
    text, entries = book(out)
    source = out / "book.html"
    source.write_text(text, encoding="utf-8")
    with atomic_path(out / "super-resolution.pdf") as partial:
        known = printed(program, source, partial)
        outlined(partial, entries, known).write(partial)
    source.unlink()


if __name__ == "__main__":
    main()
