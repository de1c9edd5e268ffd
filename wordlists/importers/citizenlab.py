"""Reads a published list into memory, which suits those of Citizen Lab's chat-censorship.

Their data is under CC BY-NC-SA 4.0, so an import is for local use and never becomes one of the
shipped lists. (https://github.com/citizenlab/chat-censorship)
"""

from pathlib import Path

from wordlists.entry import Entry
from wordlists.importers.importing import Wishes, read_foreign
from wordlists.importers.report import ImportReport


def read_published(
    path: Path, *, wordlist: str, wishes: Wishes | None = None
) -> tuple[tuple[Entry, ...], ImportReport]:
    """Read a list of any format and family that can be told.

    Args:
        path: The file.
        wordlist: The name of the list that the entries are to be part of.
        wishes: What a person says of it.

    Returns:
        The entries, sorted as a list is, and what became of each row.

    Raises:
        WordlistError: The file cannot be read, or does not have a format that is known.
    """
    with read_foreign(
        path,
        name=path.name,
        wordlist=wordlist,
        destination=path.with_name(f"{wordlist}.csv"),
        wishes=wishes or Wishes(),
    ) as found:
        return tuple(found.entries()), found.report
