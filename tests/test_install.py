"""The installer that `make` calls: quiet, and with a way out where it fails."""

import os
import subprocess
import sys

import pytest
from smoke_book import ROOT


def install(folder, requirements, **environment):
    file = folder / "requirements.txt"
    file.write_text(requirements)
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "install.py", folder / "venv", file],
        cwd=folder,
        env=os.environ | {"PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull} | environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("environment", "way_out"),
    [
        ({"PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, "check the connection"),
        ({"PIP_NO_INDEX": "1"}, "take Python 3.11, 3.12 or 3.13"),
    ],
)
def test_a_failed_download_says_what_to_do(tmp_path, environment, way_out):
    result = install(tmp_path, "srlib-has-no-such-dependency==1.0\n", **environment)
    assert result.returncode == 1
    assert result.stdout.splitlines()[0].startswith("Installing 1 packages in")
    assert "srlib-has-no-such-dependency" in result.stderr
    assert "Not installed: " in result.stderr and way_out in result.stderr
    assert str(tmp_path / "venv" / "install.log") in result.stderr
    assert "WARNING" not in result.stderr


def test_what_pip_says_of_a_success_is_in_the_log_alone(tmp_path):
    # Nothing but the project itself, which needs no more than the setuptools that runs this.
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "empty"\nversion = "1"\n[tool.setuptools]\npackages = []\n'
    )
    shared = next(path for path in sys.path if path.endswith("site-packages"))
    result = install(tmp_path, "# none\n", PIP_NO_INDEX="1", PYTHONPATH=shared)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 1
    assert "Successfully installed empty" in (tmp_path / "venv" / "install.log").read_text()
