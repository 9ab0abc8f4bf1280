"""Pack what is published with a version: ``python tools/release.py _build/course _build/release``.

The library as wheel and source distribution, the site, the printed book and the lessons, with the
SHA-256 sum of each file. The site and the PDF lie in the folder that is named first.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from editions import main as write_editions

import srlib

ROOT = Path(__file__).resolve().parents[1]
NAME = f"super-resolution-{srlib.__version__}"
PACKAGE = ("pyproject.toml", "README.md", "LICENSE", "srlib")
SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
WHEEL = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
FIRST_TIME = "315532800"  # that ZIP knows, 1 January 1980: archives do not tell when they were made


def run(*arguments, folder):
    """Run Python in a folder; say what it said only if it fails."""
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"SOURCE_DATE_EPOCH": FIRST_TIME},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ran.returncode:
        sys.exit(f"{ran.stdout}the library could not be packed")


def pack_library(out):
    """Make the source distribution, and of it the wheel.

    Elsewhere, because what earlier builds leave in a checkout would find its way into both.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in PACKAGE:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder, name))
        run("-c", SDIST, out, folder=folder)
        (source,) = out.glob("*.tar.gz")
        run(*WHEEL, f"--wheel-dir={out}", source, folder=folder)


def pack(target, files):
    """Make a ZIP archive of files, given by their names in it; of the same files, the same one."""
    with zipfile.ZipFile(target, "w") as archive:
        for name, file in sorted(files.items()):
            member = zipfile.ZipInfo(f"{target.stem}/{name}")
            member.external_attr = 0o644 << 16  # everybody may read it
            archive.writestr(member, file.read_bytes(), zipfile.ZIP_DEFLATED)


def files_of(folder):
    """All files in a folder, by the names they have there."""
    files = filter(Path.is_file, folder.rglob("*"))
    return {file.relative_to(folder).as_posix(): file for file in files}


def lessons(students):
    """The lessons as they are, and as students get them, by their names in an archive."""
    own = [*ROOT.glob("notebooks/[0-9]*.ipynb"), *ROOT.glob("notebooks/profiles/*.yaml")]
    own += [ROOT / "LICENSE", ROOT / "requirements.txt"]
    return {file.relative_to(ROOT).as_posix(): file for file in own} | {
        f"student/{name}": file for name, file in files_of(students).items()
    }


def main():
    """Fill the second folder named on the command line."""
    source, out = (Path(argument).resolve() for argument in sys.argv[1:])
    shutil.rmtree(out, ignore_errors=True)  # lest files of an earlier version remain
    out.mkdir(parents=True)
    pack_library(out)
    pack(out / f"{NAME}-site.zip", files_of(source / "site"))
    with tempfile.TemporaryDirectory() as editions:
        write_editions(Path(editions))
        pack(out / f"{NAME}-lessons.zip", lessons(Path(editions) / "student"))
    shutil.copy(source / "super-resolution.pdf", out / f"{NAME}.pdf")
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(out.iterdir())
    ]
    (out / "SHA256SUMS").write_text("".join(sums))
    print(f"What is to be published is in {out}")


if __name__ == "__main__":
    main()
