"""The site in the smoke profile, served as a reader's browser finds it."""

import pytest
import smoke_book
from browser import served_files


@pytest.fixture(scope="module")
def site():
    return smoke_book.built() / "site"


@pytest.fixture(scope="module")
def origin(site):
    """The address of the site, in a folder of its server as on GitHub Pages."""
    with served_files(site.parent) as address:
        yield f"{address}site/"
