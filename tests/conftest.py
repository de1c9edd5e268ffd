"""How the project's own tests are run: any warning fails, and a slow machine does not."""

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import settings

FULLSTACK = Path(__file__).parent / "fullstack"

# A busy machine makes single examples slow; speed is for the benchmarks.
settings.register_profile("undelivered", deadline=None)
settings.load_profile("undelivered")


def pytest_configure(config: pytest.Config) -> None:
    """Turn warnings into errors here, but not in a researcher's run of the probes."""
    config.addinivalue_line("filterwarnings", "error")
    # These are imported late. Were that in a session of pytester's, they would be forgotten after
    # it and imported again: httpx then does not know the errors of the second httpcore, and
    # vl_convert refuses to be loaded twice.
    for name in ("httpcore", "vl_convert"):
        import_module(name)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say it where a part of the tests is left out."""
    if asks_for_fullstack(config):
        return None
    return "tests/fullstack (real Appium, adb, Java, OCR) is left out: name its path to run it"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what needs more than Python, unless its path is named."""
    is_left_out = collection_path == FULLSTACK and not asks_for_fullstack(config)
    return True if is_left_out else None


def asks_for_fullstack(config: pytest.Config) -> bool:
    """Whether a path on the command line lies in tests/fullstack."""
    here = config.invocation_params.dir
    return any(
        (here / each.split("::")[0]).resolve().is_relative_to(FULLSTACK) for each in config.args
    )
