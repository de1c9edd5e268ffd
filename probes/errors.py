"""Errors of a campaign, and the ones that are told to a person in a plain message.

The packages below know nothing of each other, so each roots its own tree::

    wordlists.errors.WordlistError
    drivers.errors.ConfigError
    drivers.errors.DriverError (SessionLost, ScreenUnknown, WrongChat, InputMismatch, NotLoggedIn)
    results.errors.JournalError
    probes.errors.CampaignError
"""

from typing import Final

from drivers.errors import ConfigError, DriverError
from results.errors import JournalError
from wordlists.errors import WordlistError


class CampaignError(Exception):
    """No measurement can be made, or none any more; the message says why and what to do."""


UNDELIVERED_ERRORS: Final = (
    WordlistError,
    ConfigError,
    DriverError,
    JournalError,
    CampaignError,
)
"""Everything of ours that is told in a plain message; any other exception is a bug."""
