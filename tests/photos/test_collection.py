"""Collecting photographs, against a server on this machine that answers like Wikimedia Commons."""

import hashlib
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from srlib.photos import DownloadError, collect, collection, photos


def jpeg(seed, size=(40, 30)):
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


class Commons:
    """A wiki with some files, two to a page of results; it can be busy, slow or wrong."""

    def __init__(self):
        self.files = {}  # title: (bytes, what its description says)
        self.busy = 0  # questions answered by "wait"
        self.overrun = 0  # files answered by 429
        self.asked, self.fetched, self.agents = [], [], set()
        wiki = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                wiki.agents.add(self.headers["User-Agent"])
                address = urlsplit(self.path)
                if address.path == "/api.php":
                    wiki.search(self, {k: v[0] for k, v in parse_qs(address.query).items()})
                else:
                    wiki.give(self, address.path.removeprefix("/files/"))

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def add(self, name, content=None, size=(40, 30), **about):
        about = {
            "LicenseShortName": "CC BY-SA 4.0",
            "Artist": f"<a href='/u'>A&amp;{name}</a>",
        } | about
        self.files[name] = (
            jpeg(len(self.files), size) if content is None else content,
            size,
            about,
        )

    def search(self, handler, asked):
        self.asked.append(asked)
        if self.busy:
            self.busy -= 1
            error = {"error": {"code": "maxlag", "info": "Waiting for a database server"}}
            return self.send(handler, json.dumps(error).encode(), wait="3")
        begin = int(asked.get("gsroffset", 0))
        names = list(self.files)[begin : begin + 2]
        pages = [self.page(begin + i, name) for i, name in enumerate(names)]
        answer = {"query": {"pages": pages[::-1]}}  # in no order, as the real one
        if begin + 2 < len(self.files):
            answer["continue"] = {"gsroffset": begin + 2, "continue": "gsroffset||"}
        return self.send(handler, json.dumps(answer).encode())

    def page(self, index, name):
        content, (width, height), about = self.files[name]
        info = {
            "url": f"{self.url}/files/{name}", "descriptionurl": f"{self.url}/wiki/File:{name}",
            "width": width, "height": height, "size": len(content), "mime": "image/jpeg",
            "sha1": about.pop("sha1", hashlib.sha1(content).hexdigest()),
            "extmetadata": {key: {"value": value} for key, value in about.items()},
        }  # fmt: skip
        return {"pageid": 100 + index, "title": f"File:{name}", "index": index, "imageinfo": [info]}

    def give(self, handler, name):
        self.fetched.append(name)
        if self.overrun:
            self.overrun -= 1
            return self.send(handler, b"too many requests", status=429, wait="2")
        return self.send(handler, self.files[name][0])

    def send(self, handler, body, status=200, wait=None):
        handler.send_response(status)
        handler.send_header("Content-Length", len(body))
        if wait:
            handler.send_header("Retry-After", wait)
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def waits(monkeypatch):
    """The seconds that were waited, which take no time here."""
    waited = []
    monkeypatch.setattr(collection.time, "sleep", waited.append)
    return waited


@pytest.fixture
def wiki(waits):
    wiki = Commons()
    yield wiki
    wiki.http.shutdown()
    wiki.thread.join()
    wiki.http.server_close()


def gather(wiki, folder, **others):
    options = {"count": 10, "contact": "me@example.org", "least_side": 20} | others
    return collect("brick wall", folder, api=f"{wiki.url}/api.php", **options)


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_photographs_come_with_author_licence_and_address(wiki, tmp_path):
    for name in ("a.jpg", "b.jpg", "c.JPEG"):
        wiki.add(name)
    folder = gather(wiki, tmp_path / "walls")
    assert [photo.file for photo in photos(folder)] == ["100.jpg", "101.jpg", "102.jpeg"]
    assert (folder / "101.jpg").read_bytes() == wiki.files["b.jpg"][0]
    first = manifest(folder)["photographs"][0]
    assert first["author"] == "A&a.jpg"
    assert first["licence"] == "CC BY-SA 4.0"
    assert first["page"] == f"{wiki.url}/wiki/File:a.jpg"
    assert wiki.asked[0]["gsrsearch"] == "brick wall filetype:bitmap"
    assert wiki.asked[0]["maxlag"] == "5"
    (agent,) = wiki.agents
    assert agent.startswith("srlib (me@example.org)")


def test_what_is_not_open_too_small_or_shows_people_is_left_out_with_the_reason(wiki, tmp_path):
    wiki.add("good.jpg", LicenseShortName="CC0")
    wiki.add("old.jpg", LicenseShortName="Public domain", Artist="")
    wiki.add("bought.jpg", LicenseShortName="CC BY-NC 2.0")
    wiki.add("unsaid.jpg", LicenseShortName="")
    wiki.add("nobody.jpg", Artist=" ")
    wiki.add("drawing.svg")
    wiki.add("face.jpg", Restrictions="personality")
    wiki.add("small.jpg", size=(40, 19))
    folder = gather(wiki, tmp_path)
    assert wiki.fetched == ["good.jpg", "old.jpg"]
    assert {
        title.removeprefix("File:"): why for title, why in manifest(folder)["left_out"].items()
    } == {
        "bought.jpg": "its licence is CC BY-NC 2.0",
        "unsaid.jpg": "its licence is not stated",
        "nobody.jpg": "CC BY-SA 4.0 asks for the author's name, which is not stated",
        "drawing.svg": ".svg is no format for photographs",
        "face.jpg": "it shows people, whose rights the licence does not cover",
        "small.jpg": "its shorter side has 19 pixels, fewer than 20",
    }


def test_it_stops_at_the_count_and_goes_on_from_there(wiki, tmp_path):
    for i in range(7):
        wiki.add(f"{i}.jpg")
    gather(wiki, tmp_path, count=3)
    assert wiki.fetched == ["0.jpg", "1.jpg", "2.jpg"]
    gather(wiki, tmp_path, count=5)
    assert wiki.fetched == [f"{i}.jpg" for i in range(5)]
    assert len(manifest(tmp_path)["photographs"]) == 5


def test_a_busy_server_is_waited_for_and_never_hurried(wiki, waits, tmp_path):
    wiki.add("a.jpg")
    wiki.busy, wiki.overrun = 2, 1
    gather(wiki, tmp_path)
    assert waits == [3, 3, 2, 1]  # as it asked, and a pause after the file
    wiki.busy = 99
    with pytest.raises(DownloadError, match="is busy: try again later, and it goes on"):
        gather(wiki, tmp_path)
    assert len(photos(tmp_path)) == 1


def test_what_breaks_off_leaves_no_file_and_is_continued(wiki, tmp_path):
    for name in ("a.jpg", "b.jpg"):
        wiki.add(name)
    wiki.files["b.jpg"][2]["sha1"] = "0" * 40
    with pytest.raises(DownloadError, match=r"/files/b\.jpg gave other bytes than its wiki"):
        gather(wiki, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["100.jpg", "manifest.json"]
    gather(wiki, tmp_path)
    assert wiki.fetched == ["a.jpg", "b.jpg", "b.jpg"]
    assert len(photos(tmp_path)) == 2


def test_a_folder_of_another_search_is_left_alone(wiki, tmp_path):
    wiki.add("a.jpg")
    gather(wiki, tmp_path)
    with pytest.raises(DownloadError, match=r"holds what a search for 'brick wall' .* found"):
        collect("fern", tmp_path, contact="me@example.org", api=f"{wiki.url}/api.php")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DownloadError, match="was edited or truncated"):
        gather(wiki, tmp_path)


def test_a_server_that_is_none(tmp_path, waits):
    with pytest.raises(DownloadError, match=r"could not be reached \(ConnectionError\)"):
        collect("fern", tmp_path, contact="me@example.org", api="http://127.0.0.1:9/api.php")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"contact": " "}, "contact must not be blank"),
        ({"count": 0}, "count must be 1 or more, not 0"),
        ({"least_side": -1}, "least_side must be 1 or more, not -1"),
    ],
)
def test_what_is_asked_for_wrongly(tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        collect("fern", tmp_path, **({"contact": "me@example.org"} | wrong))
