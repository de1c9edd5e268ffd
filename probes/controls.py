"""Harmless texts that show that a lane works, and texts known to be censored.

A control should be lost for the same reasons as a probe, the filter apart. So it is drawn from
phrases of the probe's own script, and put together to the probe's length.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from random import Random

from wordlists.entry import folded

_SAME_LENGTH = 8  # phrases this near in length are equally good
_TRIES = 50


def script_of(text: str) -> str:
    """The script most letters of a text are in, by the first word of their Unicode names.

    Returns:
        ``CJK``, ``LATIN``, ``TIBETAN``, ``ARABIC`` …; empty for a text without letters.
    """
    scripts = Counter(
        unicodedata.name(character, "UNKNOWN").split()[0]
        for character in text
        if unicodedata.category(character).startswith("L")
    )
    return scripts.most_common(1)[0][0] if scripts else ""


def harmless(phrases: Iterable[str], components: Iterable[str]) -> list[str]:
    """The phrases that hold none of the components that are tested, whatever their case and width.

    A control that holds a tested component would be lost for the same reason as the probe.
    """
    tested = {folded([component])[0] for component in components}
    return [phrase for phrase in phrases if not any(each in folded([phrase])[0] for each in tested)]


class Controls:
    """Draws controls, seeded, matched to a probe in script and length."""

    def __init__(self, phrases: Sequence[str]) -> None:
        """Take the phrases to draw from.

        Args:
            phrases: Harmless everyday phrases, of as many scripts as there are probes in.
        """
        self._by_script: dict[str, list[str]] = {}
        for phrase in phrases:
            self._by_script.setdefault(script_of(phrase), []).append(phrase)
        self._all = list(phrases)

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
        for _ in range(_TRIES):
            text = self._of_length(phrases, len(like), joiner, random)
            if text not in avoid:
                return text
        return text

    def _of_length(self, phrases: Sequence[str], length: int, joiner: str, random: Random) -> str:
        chosen: list[str] = []
        left = length
        while not chosen or left > min(map(len, phrases)) + len(joiner):
            nearest = sorted(phrases, key=lambda phrase: abs(len(phrase) - left))[:_SAME_LENGTH]
            chosen.append(random.choice(nearest))
            left -= len(chosen[-1]) + len(joiner)
        return joiner.join(chosen)
