"""Fixtures of the tests of the zoo."""

import pytest


@pytest.fixture(autouse=True)
def few_photographs(request, monkeypatch, tmp_path):
    """No benchmark photographs: all that is saved would be measured on hundreds of them."""
    if not request.node.get_closest_marker("benchmarks"):
        monkeypatch.setenv("SRLIB_DATA", str(tmp_path / "no-photo-sets"))
