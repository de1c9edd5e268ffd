"""Entries that are in lists more than once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wordlists.entry import VariantKind, folded
from wordlists.errors import Problem, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A keyword and where it stands, kept for broken rows too: they can be duplicates as well."""

    key: tuple[str, ...]
    """What two duplicates have in common: `duplicate_key` of the components."""
    keyword: str
    """The keyword as it is in the list."""
    path: Path
    """The file it is in."""
    line: int
    """The line it is on, from 1."""


def duplicate_key(
    components: tuple[str, ...], variant: VariantKind | None = None, variant_of: str = ""
) -> tuple[str, ...]:
    """Reduce components to what makes two entries duplicates.

    Entries of their own are duplicates if they differ in nothing but case or compatibility forms
    (NFKC, case folding). Variants differ from their entry, and from each other, in just that, so
    only equal texts of one kind, derived from one entry, are duplicates there: the simplified and
    the traditional form of a keyword share a spelling, which says something of each.
    """
    # No component of an entry starts with a line break, so variants never meet entries.
    return folded(components) if variant is None else (f"\n{variant}", variant_of, *components)


def find_duplicates(sightings: Iterable[Sighting]) -> Iterator[Problem]:
    """Find keywords that stand in a list, or in several, more than once.

    Yields:
        A problem at each sighting but the first, which it points to.
    """
    firsts: dict[tuple[str, ...], Sighting] = {}
    for sighting in sightings:
        first = firsts.setdefault(sighting.key, sighting)
        if first is not sighting:
            yield Problem(
                path=sighting.path,
                line=sighting.line,
                what=f"{sighting.keyword!r} is a duplicate of {first.keyword!r} "
                f"at {place(first.path, first.line)}",
                fix="keep one of them",
            )
