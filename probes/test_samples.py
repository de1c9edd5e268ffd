"""One test per sample: does the text arrive; if not, which words of it stop it.

Only with `--samples PATH`. A sample that does not arrive is data, not a failure: its test passes
and is reported as CENSORED; what stops it is in
sample_combinations.csv.
"""

import pytest

from probes.plugin import CampaignRunner
from wordlists.entry import Entry


def test_sample(entry: Entry, campaign: CampaignRunner, request: pytest.FixtureRequest) -> None:
    """The sample gets a verdict, and a censored one its combinations."""
    campaign.measure(entry, request.node)
