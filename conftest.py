"""Wires the probes into pytest: options for everyone, the rest only where probes are to run."""

from pathlib import Path

import pytest

from probes.options import add_options, given_options
from probes.plugin import PLUGIN_NAME, CampaignRunner, is_other_job, is_probe, is_wanted


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option group "undelivered"."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin if the session is to run probes; `pytest tests` sends nothing."""
    if is_wanted(config):
        config.pluginmanager.register(CampaignRunner(config), PLUGIN_NAME)
    elif (given := given_options(config)) and not config.getoption("help"):
        # `pytest --resume probes`, for one, would take "probes" for the run and start the tests.
        raise pytest.UsageError(
            f"{', '.join(given)}: only for probes, and after their path: pytest probes {given[0]} …"
        )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave probes out of sessions that do not ask for them."""
    is_left_out = is_probe(config, collection_path) and not config.pluginmanager.hasplugin(
        PLUGIN_NAME
    )
    return True if is_left_out or is_other_job(config, collection_path) else None


@pytest.fixture(scope="session")
def campaign(pytestconfig: pytest.Config) -> CampaignRunner:
    """The run of this session, which measures what it is asked for."""
    runner = pytestconfig.pluginmanager.get_plugin(PLUGIN_NAME)
    if not isinstance(runner, CampaignRunner):
        raise pytest.UsageError("probes run only where their path is named: pytest probes")
    return runner
