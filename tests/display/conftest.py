"""A page of pictures in the browser."""

import pytest
from browser import visit

# What themes do to images: the dark rule is that of the book's theme, the limits are JupyterLab's.
HOSTILE = """
img { max-width: 100%; height: auto; border-radius: 8px; }
html[data-theme=dark] img:not(.only-dark, .dark-light) { filter: brightness(.8) contrast(1.2); }
body { margin: 8px; font-family: sans-serif; }
html[data-theme=dark] body { background: #14181e; color: #ced6dd; }
"""


@pytest.fixture
def show(browser, tmp_path):
    """Open a page that holds the given pictures."""
    visits = []

    def show(*pictures, theme="light", **context):
        content = "".join(picture._repr_mimebundle_()["text/html"] for picture in pictures)
        path = tmp_path / f"page{len(visits)}.html"
        path.write_text(
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Test</title><style>{HOSTILE}</style><main><h1>Test</h1>{content}</main></html>",
            encoding="utf-8",
        )
        visits.append(visit(browser, **context))
        visits[-1].page.goto(path.as_uri())
        return visits[-1].page

    yield show
    for seen in visits:
        pages = [url for url in seen.requests if url.startswith("file:")]
        assert len(seen.requests) == len(pages) == 1, seen.requests
        assert seen.problems == []
        seen.page.context.close()
