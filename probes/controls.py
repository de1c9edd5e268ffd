"""Harmless texts that show that a lane works, and texts known to be censored.

A control should be lost for the same reasons as a probe, the filter apart. So it is drawn from
phrases of the probe's own script whose characters are about as frequent, and put together to the
probe's length.
"""

from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest
from random import Random

from wordlists.entry import folded
from wordlists.matching import Frequencies, unlikeness
from wordlists.scripts import script_of

_ALIKE = 8  # this many phrases, the nearest, are equally good
_TRIES = 50


def harmless(phrases: Iterable[str], components: Iterable[str]) -> list[str]:
    """The phrases that hold none of the components that are tested, whatever their case and width.

    A control that holds a tested component would be lost for the same reason as the probe.
    """
    tested = {folded([component])[0] for component in components}
    return [phrase for phrase in phrases if not any(each in folded([phrase])[0] for each in tested)]


class Controls:
    """Draws controls, seeded, matched to a probe in script, length and frequency of characters."""

    def __init__(self, phrases: Sequence[str]) -> None:
        """Take the phrases to draw from.

        Args:
            phrases: Harmless everyday phrases, of as many scripts as there are probes in.
        """
        self._by_script: dict[str, list[str]] = {}
        for phrase in phrases:
            self._by_script.setdefault(script_of(phrase), []).append(phrase)
        self._all = list(phrases)
        self._frequencies = Frequencies.of(phrases)
        self._levels = {phrase: self._frequencies.level(phrase) for phrase in phrases}

    def lacks(self, texts: Iterable[str]) -> set[str]:
        """Scripts of texts that no phrase is written in; any phrase has to do for these."""
        return {script_of(text) for text in texts} - self._by_script.keys() - {""}

    def draw(self, like: str, joiner: str, random: Random, avoid: Collection[str]) -> str:
        """Draw a control.

        Args:
            like: The probe it should resemble.
            joiner: What is put between phrases where one is too short.
            random: Source of chance.
            avoid: Texts sent lately on the lane: two equal texts are hard to tell apart there.
        """
        phrases = self._by_script.get(script_of(like)) or self._all
        level = self._frequencies.level(like)
        for _ in range(_TRIES):
            text = self._of_length(phrases, len(like), level, joiner, random)
            if text not in avoid:
                return text
        return text

    def _of_length(
        self, phrases: Sequence[str], length: int, level: float, joiner: str, random: Random
    ) -> str:
        chosen: list[str] = []
        left = length
        while not chosen or left > min(map(len, phrases)) + len(joiner):
            chosen.append(random.choice(self._nearest(phrases, max(left, 1), level)))
            left -= len(chosen[-1]) + len(joiner)
        return joiner.join(chosen)

    def _nearest(self, phrases: Sequence[str], length: int, level: float) -> list[str]:
        def distance(phrase: str) -> float:
            return unlikeness(lengths=(len(phrase), length), levels=(self._levels[phrase], level))

        return nsmallest(_ALIKE, phrases, key=distance)
