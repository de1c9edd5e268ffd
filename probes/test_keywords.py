"""The main job: one test per wordlist entry.

A blocked word is data, not a failure: its test passes and is reported as CENSORED. A test fails
only if no measurement could be made, or if `--fail-on` asks for it.
"""

import pytest

from probes.plugin import CampaignRunner
from wordlists.entry import Entry


def test_keyword(entry: Entry, campaign: CampaignRunner, request: pytest.FixtureRequest) -> None:
    """The entry gets a verdict."""
    campaign.measure(entry, request.node)
