"""The codes that say what an entry is about: those of citizenlab/test-lists."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

CATEGORIES_FILE: Final = Path(__file__).parent / "categories.csv"
CONTROL: Final = "CTRL"


@cache
def categories() -> Mapping[str, str]:
    """Read the table of codes: code to description."""
    with CATEGORIES_FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["code"]: row["description"] for row in csv.DictReader(file)})
