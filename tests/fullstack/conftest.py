"""The tools of the full stack, installed at first use as `undelivered setup` installs them."""

import pytest

from drivers.setup import install
from drivers.tools import Places, Toolchain, require_toolchain


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The real tools. What cannot be installed is an error: nothing here is skipped."""
    places = Places.here()
    install(places, for_tests=True)
    return require_toolchain(places)
