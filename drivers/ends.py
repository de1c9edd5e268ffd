"""Builds the ends of lanes: a browser for a web app, a handset for any other."""

from drivers.browser import Browser
from drivers.door import Door
from drivers.end import End
from drivers.handset import Handset
from drivers.testbed import HandsetConfig


def end_behind(config: HandsetConfig, door: Door, *, longest_pause_s: float) -> End:
    """The end that a testbed's entry describes; nothing is contacted before its `start`.

    Args:
        config: The entry.
        door: How it is reached.
        longest_pause_s: Longest silence to be expected between two commands.

    Raises:
        ConfigError: An environment variable that the log-in is to come from is not set.
    """
    kind = Handset if config.web is None else Browser
    return kind(config, door, longest_pause_s=longest_pause_s)
