"""`make book` as it is, on a book of three short pages: what it builds, says and builds again."""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from browser import served_files
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from smoke_book import ROOT, make

pytestmark = pytest.mark.slow

KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
STATUS = "# Status\n\nWhat became of it.\n"


def write_lesson(path, title, *sources):
    cells = [new_markdown_cell(f"# {title}"), *map(new_code_cell, sources)]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": KERNEL}), path)


@pytest.fixture
def project(tmp_path):
    """The course with two lessons of its own, both about nothing."""
    settings = ("requirements.txt", "_config.yml", "CITATION.cff")
    for name in ("Makefile", "tools", *settings, "book/_ext"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for folder in ("notebooks/profiles", "srlib", "book/_static"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("course.css", "favicon.svg"):
        shutil.copy(ROOT / "book" / "_static" / name, tmp_path / "book" / "_static")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "book" / "status.md").write_text(STATUS)
    (tmp_path / "book" / "cite.md").write_text("# How to cite\n")
    chapters = ["notebooks/01_works", "notebooks/02_breaks", "book/status", "book/cite"]
    toc = {"format": "jb-book", "root": chapters[0], "chapters": chapters[1:]}
    toc["chapters"] = [{"file": chapter} for chapter in chapters[1:]]
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    claim = "import srlib\nsrlib.claim('One | two is small.', {}, measured='3 of 5')"
    write_lesson(tmp_path / "notebooks" / "01_works.ipynb", "Works", claim.format("False"))
    write_lesson(
        tmp_path / "notebooks" / "02_breaks.ipynb", "Breaks", "1 + 1", "raise OSError('a <b>')"
    )
    # What networks make for the pages takes longer than all of this book.
    for made in ("rating/trials.json", "web/networks.json"):
        (tmp_path / "_build" / made).parent.mkdir(parents=True)
        (tmp_path / "_build" / made).write_text("{}")
    return tmp_path


def make_book(project):
    """The exit status and all that was said."""
    result = make("book", folder=project)
    return result.returncode, result.stdout


def page(project, name):
    file = project / "_build" / "smoke" / "site" / f"{name}.html"
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser").find("article")


def test_a_lesson_that_fails_stops_no_other_and_is_run_again(project):
    status, said = make_book(project)
    assert status != 0
    assert said.count("02_breaks failed at code cell 2: OSError: a <b>") == 1
    assert "0 of 1 claims held; 0 were not tried" in said
    assert "did not hold in 01_works: One | two is small. Measured: 3 of 5." in said

    # The whole site is there: the other lesson complete, the broken one with the reason at its top.
    assert "Did not hold here" in page(project, "notebooks/01_works").text
    broken = page(project, "notebooks/02_breaks").text
    assert broken.index("stopped at its code cell 2") < broken.index("1 + 1")
    assert "OSError: a <b>" in broken
    rows = {
        tuple(cell.text for cell in row.find_all("td"))
        for row in page(project, "book/status").find_all("tr")
    }
    assert ("01", "One | two is small.", "did not hold: 3 of 5", "–") in rows
    assert any(row[0] == "02_breaks failed at code cell 2" for row in rows if row)

    # Only what failed runs again.
    status, said = make_book(project)
    assert status != 0
    assert re.findall(r"running (.*)", said) == ["notebooks/02_breaks.ipynb"]

    write_lesson(project / "notebooks" / "02_breaks.ipynb", "Breaks no more", "1 + 1")
    status, said = make_book(project)
    assert status == 0, said
    status, said = make_book(project)
    assert status == 0
    assert "running" not in said and "rendering" not in said

    # Where it is published, pages have buttons; nowhere else.
    site = project / "_build" / "smoke" / "site" / "notebooks" / "01_works.html"
    assert "mybinder" not in site.read_text() and "og:" not in site.read_text()
    (project / "_config.yml").touch()
    result = make(
        "book", "REPOSITORY=https://github.com/example/book", "BRANCH=new", folder=project
    )
    assert result.returncode == 0, result.stdout
    links = BeautifulSoup(site.read_text(), "html.parser").find_all("a", href=True)
    addresses = [link["href"] for link in links]
    for part in ("mybinder.org", "example/book/issues/new", "notebooks/01_works.ipynb"):
        assert [address for address in addresses if part in address], part
    assert [address for address in addresses if "new" in address and "edit" in address]
    colab = "https://colab.research.google.com/github/example/book/blob/colab/"
    assert f"{colab}notebooks/01_works.ipynb" in addresses
    assert page(project, "book/cite").text.count("https://github.com/example/book") == 2

    # A card for other sites, of the site's own address, too; a sitemap; a page for lost readers.
    home, top = "https://example.github.io/book/", site.parents[1]
    index, lesson, lost = (
        BeautifulSoup((top / file).read_text(), "html.parser")
        for file in ("index.html", "notebooks/01_works.html", "404.html")
    )
    address = lesson.find("meta", property="og:url")["content"]
    assert address == index.find("meta", property="og:url")["content"]
    assert address == f"{home}notebooks/01_works.html"
    assert lesson.find("meta", property="og:image")["content"].startswith(home)
    assert "hands on" in lesson.find("meta", property="og:site_name")["content"]
    assert f"<loc>{address}</loc>" in (top / "sitemap.xml").read_text()
    assert lost.find("h1", string="No such page")
    addresses = [
        tag.get("href") or tag.get("src") for tag in lost.find_all(["a", "link", "script"])
    ]
    assert [a for a in addresses if a and not re.match(r"/book/|https:|#", a)] == []


def test_a_link_that_leads_nowhere_is_named(project, tmp_path_factory):
    lessons = project / "notebooks"
    shutil.copytree(lessons, project / "_build" / "smoke" / "notebooks", copy_function=shutil.copy)
    (project / "_build" / "smoke" / "logs").mkdir()
    with served_files(tmp_path_factory.mktemp("elsewhere")) as elsewhere:
        links = f"<{elsewhere}> <{elsewhere}gone>"
        (project / "book" / "status.md").write_text(f"{STATUS}\n{links}\n")
        result = make("links", folder=project)
    assert result.returncode != 0
    broken = [line for line in result.stdout.splitlines() if "[broken]" in line]
    assert len(broken) == 1 and f"{elsewhere}gone" in broken[0], result.stdout


def test_the_report_fails_where_too_many_claims_do_not_hold(project):
    records = project / "_build" / "smoke" / "notebooks"
    records.mkdir(parents=True)
    claims = [{"claim": f"No. {i}.", "held": i > 0, "measured": "x"} for i in range(40)]
    claims.append({"claim": "Last.", "held": None, "measured": "x"})
    record = {"seconds": 1, "peak_mib": 1, "machine": "m", "failed": None, "claims": claims}
    (records / "01_works.json").write_text(json.dumps(record))
    results = [
        subprocess.run(
            [sys.executable, "tools/report.py", "_build/smoke", *options],
            cwd=project,
            capture_output=True,
            text=True,
        )
        for options in ([], ["--at-most", "0.03"], ["--at-most", "0.02"])
    ]
    assert [result.returncode for result in results] == [0, 0, 1]
    assert all("39 of 40 claims held; 1 were not tried" in result.stdout for result in results)
    assert all("did not hold in 01_works: No. 0." in result.stdout for result in results)
