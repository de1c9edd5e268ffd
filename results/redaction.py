"""What is taken out before results leave the machine.

Exports, packages and reports are made to be published, and an account that measures censorship must
not be found through them. So, unless it is asked for:

* a fault in words (`Attempt.fault_detail`) is left out: it quotes screens, addresses and titles;
* sentences (why a run stopped) lose what they quote, and addresses, numbers and paths;
* a label of an account that is itself a telephone number or an address becomes a made-up one;
* what was read on a screen loses numbers and addresses that were not in the text that was sent;
* settings lose the folders of their paths, which can hold a person's name;
* texts that nobody here sent, screenshots and page sources are in no export at all.
"""

import re
from typing import Final

WITHHELD: Final = "[withheld]"

# A number that could be dialled: seven digits or more, spaces and the usual signs between them.
# More than 15 digits are no telephone number (E.164); a date is none.
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?!\d{4}-\d\d-\d\d(?!\d))\+?\(?\d(?:[\s().\-/]{0,2}\d){6,14}(?!\w)"
)
_ADDRESS: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]*://\S+"  # URLs, Appium's included
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail
    r"|(?<!\w)@[A-Za-z0-9_]{4,}(?::[\w.-]+)?"  # names in Telegram, Matrix
    r"|\bwxid_\w+"
    r"|\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    "(?<!\\w)'[^']*'(?!\\w)|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»|「[^」]*」|`[^`]*`"
)
_PATH: Final = re.compile(r"(?<!\w)(?:~|[A-Za-z]:)?(?:[/\\][^/\\\s:]+){2,}")


class Redaction:
    """What is withheld in one export; made-up labels are the same throughout it.

    Attributes:
        is_on: Whether anything is withheld.
    """

    def __init__(self, *, is_on: bool = True) -> None:
        """Withhold what identifies, or nothing."""
        self.is_on = is_on
        self._labels: dict[str, str] = {}

    def label(self, label: str) -> str:
        """Give a label (of an account, a lane, a testbed), or a made-up one if it identifies."""
        known = self._labels.get(label) if self.is_on else label
        if known is None:
            identifies = _NUMBER.search(label) or _ADDRESS.search(label)
            made_up = len({name for name in self._labels.values() if name.startswith("withheld-")})
            known = self._labels[label] = f"withheld-{made_up + 1}" if identifies else label
        return known

    def observed(self, seen: str | None, sent: str) -> str | None:
        """Give a text read on a screen without numbers and addresses that were not sent."""
        if not self.is_on or seen is None or seen == sent:
            return seen
        return _masked(seen, sent)

    def sentence(self, sentence: str | None) -> str | None:
        """Give a sentence without what it quotes, and without numbers, addresses and paths."""
        if not self.is_on or sentence is None:
            return sentence
        return _PATH.sub(WITHHELD, _masked(_QUOTED.sub(WITHHELD, sentence), ""))

    def setting(self, value: str) -> str:
        """Give a setting without the folders of its paths."""
        if not self.is_on:
            return value
        return "\n".join(line.replace("\\", "/").rpartition("/")[2] for line in value.split("\n"))


def _masked(text: str, known: str) -> str:
    def mask(found: re.Match[str]) -> str:
        return found[0] if found[0] in known else WITHHELD

    return _NUMBER.sub(mask, _ADDRESS.sub(mask, text))
