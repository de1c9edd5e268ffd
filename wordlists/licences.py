"""Which licences let a list ship with the project, and how a licence is told from a text.

Licences are named by their SPDX identifiers (https://spdx.org/licenses/).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "NOASSERTION"
"""SPDX's word for a licence that nobody stated; without one, all rights are reserved."""

SHIPPABLE: Final = (
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0"),
    *("CC-BY-SA-4.0", "MIT", "ODC-By-1.0", "PDDL-1.0", "Unlicense"),
)
"""Licences under which a list may be handed on with the project, credit given in lists.toml."""

_FILE_NAMES: Final = ("LICENSE", "LICENCE", "COPYING", "LICENSE.txt", "LICENSE.md", "README.md")
_LEVELS: Final = 4  # a list lies three folders deep in the repositories met so far
_READ_CHARACTERS: Final = 60_000

_CREATIVE_COMMONS = re.compile(
    r"\bCC[ -](BY(?:-(?:NC|SA|ND))*)(?:[ -](\d\.\d))?\b|creativecommons\.org/licenses/"
    r"([a-z-]+)/(\d\.\d)",
    re.IGNORECASE,
)
_PHRASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attribution-noncommercial-sharealike 4.0": "CC-BY-NC-SA-4.0",
        "attribution-noncommercial-noderivatives 4.0": "CC-BY-NC-ND-4.0",
        "attribution-noncommercial 4.0": "CC-BY-NC-4.0",
        "attribution-sharealike 4.0": "CC-BY-SA-4.0",
        "attribution 4.0 international": "CC-BY-4.0",
        "cc0 1.0": "CC0-1.0",
        "publicdomain/zero/1.0": "CC0-1.0",
        "apache license": "Apache-2.0",
        "permission is hereby granted, free of charge, to any person": "MIT",
        "this is free and unencumbered software": "Unlicense",
        "odc public domain dedication": "PDDL-1.0",
    }
)


def obstacle(licence: str) -> str | None:
    """Say why a list under a licence may not ship with the project; None if it may."""
    if licence in SHIPPABLE:
        return None
    if licence in {"", UNKNOWN}:
        return "nobody has stated its licence, so all rights are reserved"
    words = licence.upper().split("-")
    if "NC" in words:
        return f"{licence} forbids commercial use, which this project's own licence allows"
    if "ND" in words:
        return f"{licence} forbids changed copies, and an import is one"
    return f"{licence} is not among the licences known to allow it ({', '.join(SHIPPABLE)})"


def detect(text: str) -> str | None:
    """Tell the licence that a text states or names; None if it names none that is known."""
    lower = " ".join(text.lower().split())
    for phrase, licence in _PHRASES.items():
        if phrase in lower:
            return licence
    match = _CREATIVE_COMMONS.search(text)
    if match is None:
        return None
    kind, version = match[1] or match[3], match[2] or match[4] or "4.0"
    return f"CC-{kind.upper().removeprefix('CC-')}-{version}"


def detect_beside(path: Path) -> tuple[str, Path] | None:
    """Look for a licence in the files that usually state it, beside a file.

    Folders above are looked at only where the file lies in somebody's repository; the licence of
    this project says nothing of what people keep in their working copy of it.

    Returns:
        The licence and the file that states it.
    """
    folders = path.resolve().parents[:_LEVELS]
    depth = next((at for at, each in enumerate(folders) if (each / ".git").exists()), 0)
    ours = Path(__file__).resolve().parents
    for folder in (each for each in folders[: depth + 1] if each not in ours):
        for name in _FILE_NAMES:
            candidate = folder / name
            if candidate.is_file():
                with candidate.open(encoding="utf-8", errors="replace") as file:
                    licence = detect(file.read(_READ_CHARACTERS))
                if licence is not None:
                    return licence, candidate
    return None
