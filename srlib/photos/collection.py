"""Collect openly licensed photographs from Wikimedia Commons, with their authors and licences."""

import hashlib
import html
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import requests
from tqdm import tqdm

from srlib.images import atomic_path, check_writable, is_image_name, write_json
from srlib.photos.downloads import CHUNK, TIMEOUT, DownloadError

__all__ = ["COMMONS", "collect"]

COMMONS = "https://commons.wikimedia.org/w/api.php"
MANIFEST = "manifest.json"
PAUSE = 1  # seconds between two files: whoever collects is a guest
LONGEST_WAIT = 300  # seconds that a busy server may ask for
TRIES = 5
MOST_BYTES = 50_000_000  # of a file

# What may be shared and changed, as the short names of Commons begin.
OPEN = re.compile(r"(CC0|CC BY( |-SA |$)|Public domain|PD\b)", re.IGNORECASE)


def collect(
    query: str,
    out: Path | str,
    *,
    count: int = 100,
    contact: str,
    least_side: int = 600,
    api: str = COMMONS,
) -> Path:
    """Collect openly licensed photographs, with author, licence and address of each.

    They come from Wikimedia Commons, as they were uploaded, one after the other. ``manifest.json``
    in the folder says whose each file is and what may be done with it, and names what was found and
    left out, with the reason. Cut off, the same call goes on, and further with a larger `count`.

    Parameters
    ----------
    query
        What to search for, as in the search field of Commons, such as ``"brick facade"``.
    out
        The folder; made if need be. It is a photo set for `photos`.
    count
        How many photographs the folder shall hold.
    contact
        An e-mail address or a web page of yours. Wikimedia asks everybody who fetches files by a
        program for one, to have somebody to write to; it is sent with every request.
    least_side
        Photographs with a shorter side than this, in pixels, are left out.
    api
        The address of the interface of Commons, or of another wiki of MediaWiki.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ValueError
        If `query` or `contact` is blank, or `count` or `least_side` is not positive.
    srlib.DownloadError
        If the server cannot be reached or refuses, or the folder holds the photographs of another
        search. What was collected stays.
    OSError
        If nothing can be written there.
    """
    for name, text in (("query", query), ("contact", contact)):
        if not text.strip():
            raise ValueError(f"{name} must not be blank")
    for name, number in (("count", count), ("least_side", least_side)):
        if number < 1:
            raise ValueError(f"{name} must be 1 or more, not {number}")
    out = Path(out)
    check_writable(out)
    manifest = _manifest(out, query, api)
    with requests.Session() as session, tqdm(desc=query, total=count, unit="file") as bar:
        session.headers["User-Agent"] = f"srlib ({contact}) requests/{requests.__version__}"
        bar.update(len(manifest["photographs"]))
        seen = {photograph["title"] for photograph in manifest["photographs"]}
        for found in _search(session, api, query):
            if len(manifest["photographs"]) >= count:
                break
            if found["title"] in seen:
                continue
            if reason := _unfit(found, least_side):
                manifest["left_out"][found["title"]] = reason
                continue
            _fetch(session, found, out / found["file"])
            manifest["left_out"].pop(found["title"], None)
            manifest["photographs"].append(found)
            write_json(out / MANIFEST, manifest)
            bar.update()
            time.sleep(PAUSE)
    write_json(out / MANIFEST, manifest)
    return out


def _manifest(out, query, api):
    """What an earlier call has collected, or nothing yet."""
    path = out / MANIFEST
    if not path.exists():
        return {"query": query, "api": api, "photographs": [], "left_out": {}}
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        theirs = manifest["query"], manifest["api"]
        if not {"photographs", "left_out"} <= manifest.keys():
            raise ValueError("a field is missing")
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(
            f"{path} was edited or truncated ({error}): put the original back, or choose another "
            "folder"
        ) from error
    if theirs != (query, api):
        raise DownloadError(
            f"{out} holds what a search for {theirs[0]!r} on {theirs[1]} found: choose another "
            f"folder for {query!r}"
        )
    return manifest


def _search(session: requests.Session, api: str, query: str) -> Iterator[dict]:
    """What a search finds, in its order: title, file, addresses, size, author and licence."""
    parameters = {
        "action": "query", "format": "json", "formatversion": "2", "maxlag": "5",
        "generator": "search", "gsrsearch": f"{query} filetype:bitmap", "gsrnamespace": "6",
        "gsrlimit": "50", "prop": "imageinfo", "iiprop": "url|size|mime|sha1|extmetadata",
        "iiextmetadatalanguage": "en",
    }  # fmt: skip
    further = {}
    while further is not None:
        answer = _ask(session, api, parameters | further)
        pages = answer.get("query", {}).get("pages", [])
        for page in sorted(pages, key=lambda page: page.get("index", 0)):
            if page.get("imageinfo"):
                yield _described(page, page["imageinfo"][0])
        further = answer.get("continue")


def _described(page, info):
    about = {name: _plain(field["value"]) for name, field in info.get("extmetadata", {}).items()}
    suffix = PurePosixPath(urlsplit(info["url"]).path).suffix.lower()
    return {
        "title": page["title"],
        "file": f"{page['pageid']}{suffix}",
        "page": info.get("descriptionurl"),
        "url": info["url"],
        "author": about.get("Artist", ""),
        "licence": about.get("LicenseShortName", ""),
        "licence_url": about.get("LicenseUrl", ""),
        "restrictions": about.get("Restrictions", ""),
        "width": info["width"],
        "height": info["height"],
        "bytes": info["size"],
        "sha1": info["sha1"],
    }


def _plain(value):
    """The words of a piece of HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", str(value))).split())


def _unfit(found: dict, least_side: int) -> str | None:
    """Why a photograph is not collected, or None."""
    side = min(found["width"], found["height"])
    if not is_image_name(Path(found["file"])):
        return (
            f"{Path(found['file']).suffix or 'a name without suffix'} is no format for photographs"
        )
    if side < least_side:
        return f"its shorter side has {side} pixels, fewer than {least_side}"
    if found["bytes"] > MOST_BYTES:
        return f"it has {found['bytes']:,} bytes, more than {MOST_BYTES:,}"
    if not OPEN.match(found["licence"]):
        return f"its licence is {found['licence'] or 'not stated'}"
    if found["licence"].upper().startswith("CC BY") and not found["author"]:
        return f"{found['licence']} asks for the author's name, which is not stated"
    if "personality" in found["restrictions"]:
        return "it shows people, whose rights the licence does not cover"
    return None


def _ask(session, api, parameters):
    """An answer of the interface, waited for as long as it asks to."""
    for _ in range(TRIES):
        response = _get(session, api, params=parameters)
        try:
            answer = response.json()
        except ValueError as error:
            raise DownloadError(f"{api} did not answer in JSON: it is no MediaWiki API") from error
        problem = answer.get("error")
        if not problem:
            return answer
        if problem.get("code") != "maxlag":
            raise DownloadError(f"{api} refuses the search: {problem.get('info', problem)}")
        time.sleep(_wait(response))
    raise DownloadError(f"{api} is busy: try again later, and it goes on from there")


def _get(session, url, **how):
    """A response without an error, after as many waits as a busy server asks for."""
    for _ in range(TRIES):
        try:
            response = session.get(url, timeout=TIMEOUT, **how)
        except requests.RequestException as error:
            raise DownloadError(
                f"{url} could not be reached ({type(error).__name__}): call again when the line is "
                "back, and it goes on from there"
            ) from error
        if response.status_code not in (429, 503):
            break
        time.sleep(_wait(response))
    if not response.ok:
        raise DownloadError(f"{url} gave an error ({response.status_code}): try again later")
    return response


def _wait(response):
    asked = response.headers.get("Retry-After", "")
    return min(LONGEST_WAIT, int(asked) if asked.isdecimal() else 5)


def _fetch(session, found, path):
    """A file, whole and as the server describes it, or not at all."""
    digest = hashlib.sha1(usedforsecurity=False)
    with atomic_path(path) as partial, _get(session, found["url"], stream=True) as response:
        with open(partial, "wb") as file:
            try:
                for chunk in response.iter_content(CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            except requests.RequestException as error:
                raise DownloadError(
                    f"the connection broke in the middle of {found['url']}: call again, and it "
                    "goes on from there"
                ) from error
        if digest.hexdigest() != found["sha1"]:
            raise DownloadError(
                f"{found['url']} gave other bytes than its wiki describes: try again later"
            )
