"""Which entries a run asks for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

from probes.errors import CampaignError
from probes.options import Measured
from probes.samples import read_samples
from results.record import EntryRecord
from wordlists.entry import Entry
from wordlists.wordlist import Wordlist, load_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Lists and the entries taken from them.

    Attributes:
        wordlists: The lists that were loaded.
        entries: The entries that passed the filters, in the order of the lists.
    """

    wordlists: tuple[Wordlist, ...]
    entries: tuple[Entry, ...]


def select(measured: Measured, *, only: Collection[str] | None = None) -> Selection:
    """Load lists and keep what the options ask for.

    Args:
        measured: The options.
        only: Ids of entries; where they are given, all others are left out, whatever the options
            say: a run that was begun with fewer is resumed with fewer.

    Raises:
        WordlistError: A list is broken or unknown.
        CampaignError: A filter leaves nothing.
    """
    wordlists = () if measured.samples else tuple(load_all(measured.wordlists))
    entries = tuple(entry for wordlist in wordlists for entry in wordlist.entries)
    if measured.samples:
        entries = read_samples(Path(measured.samples))
    if measured.categories:
        entries = _kept(
            entries, "--category", measured.categories, [entry.category for entry in entries]
        )
    if measured.languages:
        entries = _kept(
            entries, "--language", measured.languages, [entry.language for entry in entries]
        )
    if measured.entries:
        wanted = tuple(normalize("NFC", each) for each in measured.entries)
        by_id = {entry.id: entry.keyword for entry in entries}
        keywords = tuple(by_id.get(each, each) for each in wanted)
        entries = _kept(entries, "--entry", keywords, [entry.keyword for entry in entries])
    if measured.shard:
        entries = _part(entries, measured.shard)
    if only is not None:
        entries = tuple(entry for entry in entries if entry.id in only)
    return Selection(wordlists=wordlists, entries=entries)


def is_in_shard(entry_id: str, shard: str) -> bool:
    """Whether an entry is of a part, by a hash of its id.

    So every host has the same parts, whatever other entries there are.

    Args:
        entry_id: Its id.
        shard: The part, as ``k/n``.
    """
    number, count = map(int, shard.split("/"))
    return int(sha256(entry_id.encode()).hexdigest(), 16) % count == number - 1


def to_record(entry: Entry) -> EntryRecord:
    """An entry as the journal keeps it."""
    return EntryRecord(
        id=entry.id,
        components=entry.components,
        language=entry.language,
        category=entry.category,
        wordlist=entry.wordlist,
        source=entry.source,
    )


def _part(entries: Sequence[Entry], shard: str) -> tuple[Entry, ...]:
    kept = tuple(entry for entry in entries if is_in_shard(entry.id, shard))
    if not kept:
        raise CampaignError(
            f"--shard {shard}: none of the {len(entries)} entries is of this part; take fewer parts"
        )
    return kept


def _kept(
    entries: Sequence[Entry], option: str, wanted: Sequence[str], values: Sequence[str]
) -> tuple[Entry, ...]:
    """The entries whose value is wanted; every wanted value must be there."""
    there = set(values)
    for each in wanted:
        if each not in there:
            near = get_close_matches(each, sorted(there), n=5, cutoff=0.3) or sorted(there)[:5]
            raise CampaignError(
                f"{option} {each!r}: none of the {len(entries)} entries left has it. "
                f"Near it: {', '.join(map(repr, near))}."
            )
    return tuple(
        entry for entry, value in zip(entries, values, strict=True) if value in set(wanted)
    )
