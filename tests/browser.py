"""What browser tests share besides the `browser` fixture: servers, a page's doings, and axe."""

import functools
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *arguments):
        pass


@contextmanager
def served_files(folder: Path) -> Iterator[str]:
    """The address at which the files of a folder are served as long as the block runs."""
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextmanager
def served(
    command: Callable[[int], list[str]], environment: Mapping[str, str], **options
) -> Iterator[str]:
    """The address of a server that runs as long as the block, started on a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            command(port), env=environment, stdout=log, stderr=log, **options
        ) as process,
    ):
        try:
            _wait_until_it_listens(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()  # it ends its kernels first
            try:
                code = process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert code == 0


def _wait_until_it_listens(process, port, log):
    for _ in range(600):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            log.seek(0)
            pytest.fail(f"the server ended with {process.returncode}:\n{log.read()}")
    return pytest.fail(f"the server did not listen on port {port} within a minute")


@dataclass
class Visit:
    """A page together with what it asked for and what went wrong on it.

    `requests` holds the addresses (those that contain their own content left out); `problems` holds
    console errors, uncaught exceptions and failed requests.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def external(self, origin: str) -> list[str]:
        """The requests that went to another place than `origin`."""
        return [url for url in self.requests if not url.startswith(origin)]


def visit(browser: Browser, **context) -> Visit:
    """A new page in a context of its own, to close by ``visit.page.context.close()``."""
    seen = Visit(browser.new_context(**context).new_page())
    seen.page.set_default_timeout(300_000)  # a machine may be slow, and others use it too

    def on_request(request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            seen.requests.append(request.url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.problems.append(f"console: {message.text} {message.location.get('url', '')}")

    def on_response(response) -> None:
        if response.status >= 400:
            seen.problems.append(f"{response.status}: {response.url}")

    def on_failure(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # given up by the page itself, as it is left
            seen.problems.append(f"failed: {request.url} {request.failure}")

    seen.page.on("request", on_request)
    seen.page.on("response", on_response)
    seen.page.on("console", on_console)
    seen.page.on("pageerror", lambda error: seen.problems.append(f"exception: {error}"))
    seen.page.on("requestfailed", on_failure)
    return seen


# A lesson has ten thousand words of code in twenty looks, and axe takes most of its time for the
# contrast of each word. So all but the first of each look are hidden, and their place stays theirs.
# What is behind a word is part of its look.
HIDE_REPEATED = """() => {
    const grounds = new Map([[null, '']]), seen = new Set();
    const ground = element => {
        if (!grounds.has(element)) {
            const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
            const own = [backgroundColor, backgroundImage, opacity].join();
            grounds.set(element, ground(element.parentElement) + ';' + own);
        }
        return grounds.get(element);
    };
    for (const word of document.querySelectorAll('.highlight span')) {
        if (word.childElementCount) continue;
        const {color, fontSize, fontWeight} = getComputedStyle(word);
        const look = [color, fontSize, fontWeight, ground(word)].join();
        if (seen.has(look) || !word.textContent.trim()) word.dataset.repeated = '';
        else seen.add(look);
    }
    const style = document.createElement('style');
    style.id = 'hide-repeated';
    style.textContent = '[data-repeated] { visibility: hidden !important }';
    document.head.append(style);
}"""
SHOW_REPEATED = """() => {
    document.getElementById('hide-repeated').remove();
    for (const word of document.querySelectorAll('[data-repeated]')) delete word.dataset.repeated;
}"""


def serious_violations(page: Page, contrast_only: bool = False) -> list[str]:
    """The accessibility rules that axe finds broken on the page, serious and critical ones."""
    others = {"rules": {"color-contrast": {"enabled": False}}}
    found = [] if contrast_only else _violations(page, others)
    page.evaluate(HIDE_REPEATED)
    found += _violations(page, {"runOnly": ["color-contrast"]})
    page.evaluate(SHOW_REPEATED)
    return found


def _violations(page, options):
    # What passes need not be described, which takes longer than to find what does not.
    options = {"resultTypes": ["violations"]} | options
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {', '.join(node['html'][:200] for node in rule['nodes'])}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
