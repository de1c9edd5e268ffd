"""How the project's own tests are run: any warning fails, and a slow machine does not."""

import pytest
from hypothesis import settings

# A busy machine makes single examples slow; speed is for the benchmarks.
settings.register_profile("undelivered", deadline=None)
settings.load_profile("undelivered")


def pytest_configure(config: pytest.Config) -> None:
    """Turn warnings into errors here, but not in a researcher's run of the probes."""
    config.addinivalue_line("filterwarnings", "error")
