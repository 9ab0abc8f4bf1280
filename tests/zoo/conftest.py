"""Fixtures of the tests of the zoo."""

import pytest


@pytest.fixture(autouse=True)
def few_photographs(request):
    """No benchmark photographs: all that is saved would be measured on hundreds of them."""
    if not request.node.get_closest_marker("benchmarks"):
        request.getfixturevalue("no_photo_sets")
