"""Counts what is in a list."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from wordlists.entry import Entry
from wordlists.matching import text_length
from wordlists.prior import CHAT_KINDS, was_blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Counts over the entries of a list."""

    entries: int
    combinations: int
    """Entries of more than one component."""
    variants: int
    """Entries derived from others."""
    mean_components: float
    """Components of a combination, on average; 0 where there is none."""
    median_length: float
    """Characters of an entry; half of them have fewer."""
    longest: int
    """Characters of the longest entry."""
    by_language: Counter[str]
    by_category: Counter[str]
    by_both: Counter[tuple[str, str]]
    """By category and language."""
    by_month: Counter[str]
    """By the month they were added in."""
    with_prior: int
    """Entries of which an earlier study says whether they were blocked."""


def take_census(entries: Sequence[Entry]) -> Census:
    """Count the entries of a list."""
    combinations = [entry for entry in entries if entry.is_combination]
    lengths = [text_length(entry) for entry in entries]
    return Census(
        entries=len(entries),
        combinations=len(combinations),
        variants=sum(entry.variant is not None for entry in entries),
        mean_components=mean(len(e.components) for e in combinations) if combinations else 0.0,
        median_length=median(lengths) if lengths else 0.0,
        longest=max(lengths, default=0),
        by_language=_count(entries, lambda entry: entry.language),
        by_category=_count(entries, lambda entry: entry.category),
        by_both=Counter((entry.category, entry.language) for entry in entries),
        by_month=_count(entries, lambda entry: f"{entry.date_added:%Y-%m}"),
        with_prior=sum(
            any(was_blocked(entry, kind) is not None for kind in CHAT_KINDS) for entry in entries
        ),
    )


def _count(entries: Iterable[Entry], of: Callable[[Entry], str]) -> Counter[str]:
    return Counter(of(entry) for entry in entries)
