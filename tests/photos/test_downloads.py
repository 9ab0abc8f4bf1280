"""Downloading, against a real server on this machine that serves archives made here."""

import hashlib
import io
import json
import re
import socket
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from srlib.photos import SOURCES, DownloadError, download, photos
from srlib.photos.sources import Source

IMAGES = 3


class Server:
    """Serves `body` at every address, well or badly, and remembers the requests."""

    def __init__(self):
        self.body = b""
        self.version = '"1"'
        self.knows_ranges = True
        self.dies_after = None  # bytes, once
        self.status = 200
        self.requests = []  # (Range header, bytes sent)
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/set.archive"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def answer(self, handler):
        wanted = handler.headers.get("Range")
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        body, status = self.body, self.status
        if wanted and self.knows_ranges:
            status = 206 if start < len(self.body) else 416
            body = self.body[start:]
        handler.send_response(status)
        if status == 206:
            span = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
            handler.send_header("Content-Range", span)
        handler.send_header("Content-Length", len(body))
        handler.send_header("ETag", self.version)
        handler.end_headers()
        sent = body if self.dies_after is None else body[: self.dies_after]
        self.dies_after = None
        self.requests.append((wanted, len(sent)))
        handler.wfile.write(sent)

    def stop(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def offer(server, monkeypatch):
    """Make `body` the archive of the set "Tiny", and tell what the table of sources says of it."""

    def offer(body, **facts):
        server.body = body
        defaults = {
            "images": IMAGES,
            "urls": (server.url,),
            "licence": "CC0",
            "citation": "A. Nobody",
            "size": len(body),
            "digest": f"sha256:{hashlib.sha256(body).hexdigest()}",
        }
        monkeypatch.setitem(SOURCES, "Tiny", Source("Tiny", **(defaults | facts)))

    return offer


def png(value):
    file = io.BytesIO()
    noise = np.random.default_rng(value).integers(0, 256, (40, 40, 3), np.uint8)
    Image.fromarray(noise).save(file, "PNG")  # noise, so that an archive is larger than a buffer
    return file.getvalue()


FILES = {f"Tiny_HR/{letter}.png": png(n) for n, letter in enumerate("abc")}


def make_zip(files=FILES):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("Tiny_HR")
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def make_tgz(files=FILES, links=()):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for kind, name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    return file.getvalue()


def fetch(root):
    return download("Tiny", root, progress=False)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("make", [make_zip, make_tgz])
def test_the_images_of_an_archive_lie_directly_in_the_folder(make, offer, tmp_path):
    offer(make({**FILES, "Tiny_HR/readme.txt": b"hello", "Tiny_HR/._a.png": b"a Mac's litter"}))
    folder = fetch(tmp_path / "new" / "root")
    assert folder == tmp_path / "new" / "root" / "Tiny"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        name.removeprefix("Tiny_HR/"): content for name, content in FILES.items()
    }
    assert names(folder.parent) == ["Tiny"]


def test_downloads_land_where_photos_are_looked_for(offer, tmp_path, monkeypatch):
    monkeypatch.setenv("SRLIB_DATA", str(tmp_path))
    offer(make_zip())
    with pytest.raises(FileNotFoundError, match="srlib download Tiny"):
        photos("Tiny")
    download("Tiny", progress=False)
    assert [photo.name for photo in photos("Tiny")] == ["a", "b", "c"]


def test_progress_is_shown(offer, tmp_path, capsys):
    offer(make_zip())
    download("Tiny", tmp_path)
    assert "Tiny: 100%" in capsys.readouterr().err


def test_a_set_that_is_there_is_not_fetched_again(server, offer, tmp_path):
    offer(make_zip())
    assert fetch(tmp_path) == fetch(tmp_path)
    assert len(server.requests) == 1


def test_only_the_files_that_make_the_set_are_taken(offer, tmp_path):
    split = {"train": png(1), "val": png(2), "test": png(3)}
    files = {f"BSR/images/{name}/{name}.jpg": content for name, content in split.items()}
    offer(make_tgz(files), images=2, files=("images/train/*.jpg", "images/test/*.jpg"))
    assert names(fetch(tmp_path)) == ["test.jpg", "train.jpg"]


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_wrong_hash_is_refused_and_the_file_not_kept(algorithm, offer, tmp_path):
    body = make_zip()
    got = hashlib.new(algorithm, body).hexdigest()
    offer(body, digest=f"{algorithm}:{'0' * len(got)}")
    with pytest.raises(DownloadError, match=f"(?s)Tiny.*expected {algorithm}:000.*got {got}"):
        fetch(tmp_path)
    assert names(tmp_path) == []


def test_the_right_md5_is_accepted(offer, tmp_path):
    body = make_zip()
    offer(body, digest=f"md5:{hashlib.md5(body).hexdigest()}")
    assert len(names(fetch(tmp_path))) == IMAGES


def test_a_file_of_another_size_is_not_downloaded(server, offer, tmp_path):
    body = make_zip()
    offer(body, size=len(body) + 1000)
    with pytest.raises(DownloadError, match=f"{len(body):,} bytes.*Tiny has {len(body) + 1000:,}"):
        fetch(tmp_path)
    assert names(tmp_path) == []


def test_a_download_that_was_cut_off_is_continued(server, offer, tmp_path):
    body = make_zip()
    offer(body)
    server.dies_after = 5000
    with pytest.raises(DownloadError, match=r"broke after 5,000 bytes of Tiny.*download it again"):
        fetch(tmp_path)
    assert not (tmp_path / "Tiny").exists()
    assert len(names(fetch(tmp_path))) == IMAGES
    assert server.requests == [(None, 5000), ("bytes=5000-", len(body) - 5000)]
    assert names(tmp_path) == ["Tiny"]


def test_a_server_without_ranges_sends_everything_again(server, offer, tmp_path):
    body = make_tgz()
    offer(body)
    server.knows_ranges, server.dies_after = False, 5000
    with pytest.raises(DownloadError, match="broke"):
        fetch(tmp_path)
    assert len(names(fetch(tmp_path))) == IMAGES
    assert server.requests == [(None, 5000), ("bytes=5000-", len(body))]


@pytest.mark.parametrize("new_names", ["uvw", "u"])  # as long or longer, and shorter
def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(
    new_names, server, offer, tmp_path
):
    offer(make_zip())
    server.dies_after = 5000
    with pytest.raises(DownloadError, match="broke"):
        fetch(tmp_path)
    server.version = '"2"'
    other = make_zip({f"{letter}.png": png(9) for letter in new_names})
    offer(other, images=len(new_names))
    assert names(fetch(tmp_path)) == [f"{letter}.png" for letter in new_names]
    assert server.requests[-1] == (None, len(other))


def test_a_whole_partial_file_needs_no_server(server, offer, tmp_path):
    """The process may be killed between the last byte and the check."""
    body = make_zip()
    offer(body)
    server.dies_after = len(body) - 1
    with pytest.raises(DownloadError, match="broke"):
        fetch(tmp_path)
    with open(tmp_path / ".Tiny.download" / "partial", "ab") as partial:
        partial.write(body[-1:])
    assert len(names(fetch(tmp_path))) == IMAGES
    assert len(server.requests) == 1


@pytest.mark.parametrize("note", ["", '{"url": "http://elsewhere/"}'])
def test_bytes_of_unknown_origin_are_not_continued(note, server, offer, tmp_path):
    body = make_zip()
    offer(body)
    (tmp_path / ".Tiny.download").mkdir()
    (tmp_path / ".Tiny.download" / "partial").write_bytes(b"x" * 100)
    (tmp_path / ".Tiny.download" / "partial.json").write_text(note)
    assert len(names(fetch(tmp_path))) == IMAGES
    assert server.requests == [(None, len(body))]


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/set.zip"


def test_without_network_the_error_tells_all_that_helps(offer, tmp_path):
    offer(make_zip(), urls=(closed_port(),), size=2_500_000_000)
    with pytest.raises(DownloadError) as failure:
        fetch(tmp_path)
    for part in ("Tiny", "3 images", "2.50 GB", "CC0", "ConnectionError", "by hand"):
        assert part in str(failure.value)
    assert str(tmp_path / "Tiny") in str(failure.value)
    assert names(tmp_path) == []


def test_the_next_address_is_tried(server, offer, tmp_path):
    offer(make_zip(), urls=(closed_port(), server.url))
    assert len(names(fetch(tmp_path))) == IMAGES


def test_an_error_page_is_no_archive(server, offer, tmp_path):
    offer(b"sorry")
    server.status = 404
    with pytest.raises(DownloadError, match=r"Tiny .*set\.archive \(404\)"):
        fetch(tmp_path)
    server.status = 200
    offer(b"<html>log in first</html>", digest=None, size=None)
    with pytest.raises(DownloadError, match=r"Tiny .*was deleted, because it cannot be unpacked"):
        fetch(tmp_path)
    assert names(tmp_path) == []


def test_the_first_hash_is_recorded_and_later_ones_must_match(server, offer, tmp_path):
    body = make_zip()
    offer(body, digest=None, size=None)
    folder = fetch(tmp_path)
    record = json.loads((tmp_path / ".downloads.json").read_text())
    assert record == {"Tiny": f"sha256:{hashlib.sha256(body).hexdigest()}"}

    folder.rename(tmp_path / "old")
    assert len(names(fetch(tmp_path))) == IMAGES  # the same file again is welcome

    folder.rename(tmp_path / "older")
    offer(make_zip(dict(reversed(FILES.items()))), digest=None, size=None)
    with pytest.raises(DownloadError, match=r"expected sha256.*\.downloads\.json"):
        fetch(tmp_path)
    assert names(tmp_path) == [".downloads.json", "old", "older"]


def test_a_damaged_record_is_named(offer, tmp_path):
    offer(make_zip())
    (tmp_path / ".downloads.json").write_text('{"Tiny": ')
    with pytest.raises(DownloadError, match=r"\.downloads\.json is damaged.*delete it"):
        fetch(tmp_path)


def zip_link(name, target):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, target)
        for inner, content in FILES.items():
            archive.writestr(inner, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        make_zip({"../evil.png": png(1), **FILES}),
        make_zip({"a/../../evil.png": png(1), **FILES}),
        make_zip({"/tmp/evil.png": png(1), **FILES}),
        make_zip({"..\\evil.png": png(1), **FILES}),
        make_zip({"C:\\evil.png": png(1), **FILES}),
        make_tgz({"../evil.png": png(1), **FILES}),
        make_tgz({"/evil.png": png(1), **FILES}),
        make_tgz(links=[(tarfile.SYMTYPE, "Tiny_HR/evil.png", "../../secret")]),
        make_tgz(links=[(tarfile.SYMTYPE, "evil.png", "/etc/passwd")]),
        make_tgz(links=[(tarfile.LNKTYPE, "Tiny_HR/evil.png", "../secret")]),
        zip_link("Tiny_HR/evil.png", "../../secret"),
    ],
    ids=["zip-up", "zip-down-up", "zip-absolute", "zip-backslash", "zip-drive", "tar-up",
         "tar-absolute", "tar-symlink", "tar-absolute-symlink", "tar-hardlink", "zip-symlink"],
)  # fmt: skip
def test_an_archive_that_leads_elsewhere_is_refused(body, offer, tmp_path):
    offer(body)
    root = tmp_path / "a" / "root"
    with pytest.raises(DownloadError, match="leads out of it"):
        fetch(root)
    assert names(root) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "body",
    [
        make_tgz(links=[(tarfile.SYMTYPE, "Tiny_HR/d.png", "a.png"),
                        (tarfile.LNKTYPE, "Tiny_HR/e.png", "Tiny_HR/a.png")]),
        zip_link("Tiny_HR/d.png", "a.png"),
    ],
    ids=["tar", "zip"],
)  # fmt: skip
def test_links_inside_an_archive_are_passed_over(body, offer, tmp_path):
    offer(body)
    assert names(fetch(tmp_path)) == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (make_zip({"a.png": png(1)}), "holds 1 images of the set, not 3"),
        (make_zip({**FILES, "other/a.png": png(5)}), "holds two images called a.png"),
        (make_zip()[:-5000], "cannot be unpacked"),
        (make_tgz()[:-5000], "cannot be unpacked"),
        (make_zip().replace(png(0)[100:120], bytes(20)), "cannot be unpacked"),
    ],
    ids=["too-few", "same-name", "cut-zip", "cut-tgz", "changed-byte"],
)
def test_a_wrong_archive_leaves_nothing(body, reason, offer, tmp_path):
    offer(body, digest=None, size=None)
    with pytest.raises(DownloadError, match=reason):
        fetch(tmp_path)
    assert names(tmp_path) == []


def test_files_that_are_there_are_not_touched(server, offer, tmp_path):
    offer(make_zip())
    folder = tmp_path / "Tiny"
    folder.mkdir()
    (folder / "mine.png").write_bytes(b"mine")
    with pytest.raises(DownloadError, match=f"{folder} holds 1 image files.*move"):
        fetch(tmp_path)
    assert (folder / "mine.png").read_bytes() == b"mine"
    assert server.requests == []


def test_an_empty_folder_is_filled_and_what_a_killed_run_left_is_removed(offer, tmp_path):
    offer(make_zip())
    (tmp_path / "Tiny").mkdir()
    (tmp_path / ".Tiny.unpacking").mkdir()
    (tmp_path / ".Tiny.unpacking" / "half.png").write_bytes(b"ha")
    assert names(fetch(tmp_path)) == ["a.png", "b.png", "c.png"]
    assert names(tmp_path) == ["Tiny"]


def test_an_archive_that_a_killed_run_left_is_used(server, offer, tmp_path):
    offer(make_zip())
    (tmp_path / ".Tiny.download").mkdir()
    (tmp_path / ".Tiny.download" / "archive").write_bytes(make_zip())
    assert len(names(fetch(tmp_path))) == IMAGES
    assert server.requests == []


def test_unknown_names_list_the_valid_ones(tmp_path):
    with pytest.raises(ValueError, match=r"'Set6'.*Set5, Set14, BSD100") as failure:
        download("Set6", tmp_path)
    assert all(name in str(failure.value) for name in SOURCES)


def test_a_set_that_no_program_can_fetch_says_how(tmp_path):
    with pytest.raises(DownloadError, match=r"Linnaeus5 .*by hand.*\.rar") as failure:
        download("Linnaeus5", tmp_path)
    assert str(tmp_path / "Linnaeus5") in str(failure.value)


def test_the_table_is_complete_and_honest():
    assert set(SOURCES) == {
        "Set5", "Set14", "BSD100", "Urban100", "DIV2K", "DIV2K-valid", "BSDS500-train", "T91",
        "MIRFLICKR25k", "Linnaeus5", "COCO-val2017",
    }  # fmt: skip
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.images > 0
        assert source.licence
        assert re.search(r"\b(19|20)\d\d\b", source.citation), "a citation has a year"
        assert all(re.match(r"https?://", url) for url in source.urls)
        assert source.digest is None or re.fullmatch(
            r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", source.digest
        )
        text = source.how_to_get(f"data/{name}")
        assert name in text
        assert f"data/{name}" in text
        assert source.licence in text
        assert (f"srlib download {name}" in text) == (not source.by_hand)


def test_training_on_bsds500_never_sees_bsd100():
    """BSD100 is the split `val` of BSDS500."""
    assert not any("val" in pattern or pattern == "*" for pattern in SOURCES["BSDS500-train"].files)
