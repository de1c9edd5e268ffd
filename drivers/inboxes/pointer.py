"""Points into JSON: RFC 6901, JSON Pointer.

A pointer names exactly one place, which is all that an inbox needs. A query language, such as
JMESPath or JSONPath, could name several, and would be one more dependency.
"""

from dataclasses import dataclass
from typing import Self

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer, such as ``/data/0/author~1id``; the empty one names the whole document.

    Attributes:
        text: As it was written.
        steps: Its reference tokens, unescaped.
    """

    text: str
    steps: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Understand a pointer.

        Raises:
            ValueError: It is none.
        """
        if text and not text.startswith("/"):
            raise ValueError("a JSON Pointer is empty or begins with '/'")
        steps = text.split("/")[1:]
        if any(step.replace("~0", "").replace("~1", "").count("~") for step in steps):
            raise ValueError("in a JSON Pointer '~' is written '~0', and '/' within a name '~1'")
        return cls(text, tuple(step.replace("~1", "/").replace("~0", "~") for step in steps))

    def find(self, document: JsonValue) -> JsonValue:
        """What is at this place.

        Raises:
            LookupError: There is no such place.
        """
        for step in self.steps:
            if isinstance(document, dict):
                document = document[step]
            elif isinstance(document, list) and step.isascii() and step.isdigit():
                document = document[int(step)]
            else:
                raise LookupError(step)
        return document
