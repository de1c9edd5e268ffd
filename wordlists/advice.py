"""Warnings: what is no error in a list and yet makes a measurement, or its review, worse."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from wordlists.entry import Entry, folded
from wordlists.errors import Problem, Severity, place
from wordlists.matching import Coverage


def find_unmatched(entries: Iterable[Entry], controls: Sequence[Entry]) -> Iterator[Problem]:
    """Warn of entries that no control resembles: when these are lost, nothing vouches for the lane.

    Yields:
        One warning an entry.
    """
    coverage = Coverage(controls)
    for entry in entries:
        gap = coverage.gap(entry)
        if gap is not None:
            yield _warning(
                entry,
                f"no control can be matched with {entry.keyword!r}: {gap}",
                "add harmless everyday phrases like it to controls.csv",
            )


def find_spoilt_controls(entries: Iterable[Entry], controls: Sequence[Entry]) -> Iterator[Problem]:
    """Warn of entries a component of which stands in a control, which can then not be used.

    Such a control would be lost for the same reason as the probe.

    Yields:
        One warning a component of an entry; it names the first control that holds it.
    """
    # All that controls hold, so that 100,000 entries are looked up and not searched for.
    parts: dict[str, Entry] = {}
    for control in controls:
        text = folded(control.components)[0]
        for start in range(len(text)):
            for end in range(start + 1, len(text) + 1):
                parts.setdefault(text[start:end], control)
    for entry in entries:
        for component in folded(entry.components):
            if component in parts:
                control = parts[component]
                yield _warning(
                    entry,
                    f"{component!r} is part of the control {control.keyword!r} at "
                    f"{place(control.path, control.line)}, which cannot be used beside it",
                    "reword that control, or leave it",
                )


def find_unsorted(entries: Sequence[Entry]) -> Iterator[Problem]:
    """Warn of a list that is not in order: sorted rows make an addition one line of a diff.

    Yields:
        At most one warning, at the first entry that stands too late.
    """
    keys = map(sort_key, entries)
    for (before, entry), (first, second) in zip(pairwise(entries), pairwise(keys), strict=True):
        if second < first:
            yield _warning(
                entry,
                f"{entry.keyword!r} stands after {before.keyword!r}; rows are sorted by language, "
                "then keyword",
                "move it, or let `undelivered wordlist check --fix` sort the list",
            )
            return


def sort_key(entry: Entry) -> tuple[str, str]:
    """The order of the rows of a list: by language, then keyword, by code point."""
    return entry.language, entry.keyword


def _warning(entry: Entry, what: str, fix: str) -> Problem:
    return Problem(path=entry.path, line=entry.line, what=what, fix=fix, severity=Severity.WARNING)
