"""What a Selenium Grid says when a handset behind it is out of reach, in plain words.

A Grid passes on what an Appium server says. What it says itself, about nodes and slots, names
neither the handset nor what to do; that is added here.
"""

from typing import Final

# By what the message says; a host that is gone is told differently by a hub and by its nodes.
_MEANINGS: Final = (
    (
        "No nodes support the capabilities",
        "the Grid has no node for {handset}: its host or its Appium server is gone, or no node's "
        "configuration names it. Look at the Grid's page, then at that host.",
    ),
    (
        "New session request timed out",
        "the Grid did not give {handset} in time: another session holds it, or its node is gone. "
        "Look at the Grid's page for who has it.",
    ),
    (
        "Unable to find session with ID",
        "the Grid has ended the session on {handset}: its node was lost, or the node's "
        "session-timeout is shorter than the longest pause of the testbed.",
    ),
    (
        "Connection error (",
        "the Grid does not reach the node, or the Appium server, of {handset}. Check that its host "
        "is on and that both run there.",
    ),
    (
        "Failed to execute request (",
        "the Grid was cut off from the node, or the Appium server, of {handset} in the middle of a "
        "command. Check that its host is on and that both run there.",
    ),
    (
        "Timeout when executing request (",
        "the node, or the Appium server, of {handset} has stopped answering the Grid. Look at its "
        "host.",
    ),
)


def meaning(said: str, udid: str | None) -> str | None:
    """What a Grid's own words mean: that the handset is out of reach.

    Args:
        said: The first line of an error's message.
        udid: Which handset was asked for; ``None`` where the testbed does not say.

    Returns:
        What it means and what to do, then the words themselves; ``None`` where it is no Grid that
        speaks, so that it means something else.
    """
    handset = "the handset" if udid is None else f"the handset with udid {udid!r}"
    for words, means in _MEANINGS:
        if words in said:
            return f"{means.format(handset=handset)} It says: {said.strip()}"
    return None
