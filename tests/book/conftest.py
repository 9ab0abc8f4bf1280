"""The site in the smoke profile, served as a reader's browser finds it."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import smoke_book


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def site():
    return smoke_book.built() / "site"


@pytest.fixture(scope="module")
def origin(site):
    """The address of the site, in a folder of its server as on GitHub Pages."""
    handler = functools.partial(Quiet, directory=site.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/site/"
        server.shutdown()
        thread.join()
